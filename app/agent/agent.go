package agent

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"handslag/app/agent/anchor"
	"handslag/app/agent/clock"
	"handslag/app/agent/machine"
	"handslag/app/agent/patience"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/sync/peer"
	"handslag/vault"
	"handslag/vault/journal"
)

// Agent is one profile on one machine. Its methods may be called from any goroutine; what a
// method returns is the caller's own.
type Agent struct {
	cfg     Config
	log     *slog.Logger
	clock   *clock.Clock
	place   machine.Folder
	signals listeners
	kick    chan struct{} // wakes Run

	entering sync.Mutex // one enrolment, unlock or lock at a time; taken before mu
	syncing  sync.Mutex // one sync at a time; taken before a deed
	opening  sync.Mutex // one verification at a time is opened

	carried  carried // others' segments
	keeper   *anchor.Keeper
	progress progress
	patience patience.Patience
	stranger *peer.Strangers // from where codes were claimed by nobody's device

	mu        sync.Mutex
	closed    bool
	session   *session           // nil while locked
	unwait    context.CancelFunc // ends a wait for an administrator
	elsewhere bool
	attempts  int // wrong passphrases in this run, since the last unlock
	told      int // those that the latest unlock told
	online    bool
	waiting   int
	handedIn  int // segments handed in for others since the start
	problem   *Problem
	touched   time.Duration // uptime of the last sign of life
	seen      map[identity.OrgID]uint64
	meeting   *Handover            // the one that is open
	working   journal.AssignmentID // what this person has before them
}

// New makes an agent; it reads and writes nothing yet.
func New(cfg Config) (*Agent, error) {
	if cfg.Vault == "" || cfg.Outbox == "" {
		return nil, problem(Internal, errors.New("make agent: vault or outbox has no folder"))
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.AutoLock == 0 {
		cfg.AutoLock = DefaultAutoLock
	}
	cfg.carriageAfter = cmp.Or(cfg.carriageAfter, carriageAfter)
	p, err := machine.Open(cfg.Outbox, cfg.Vault)
	if err != nil {
		return nil, translate(err)
	}
	trusted := clock.New(cfg.Now, cfg.Boot)
	return &Agent{
		stranger: peer.NewStrangers(trusted.Uptime),
		keeper:   anchor.NewKeeper(cfg.Keyring, cfg.Log),
		cfg:      cfg, log: cfg.Log, place: p, clock: trusted,
		kick: make(chan struct{}, 1), seen: map[identity.OrgID]uint64{},
	}, nil
}

// Close locks and ends the agent; the vault is sound afterwards, as it is after any crash.
func (a *Agent) Close() error {
	a.mu.Lock()
	if a.unwait != nil { // it would hold entering for days
		a.unwait()
	}
	a.mu.Unlock()
	err := a.Lock()
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.signals.close()
	a.keeper.Wait(cmp.Or(a.cfg.patience, anchor.Farewell))
	if CodeOf(err) == Locked {
		return nil
	}
	return err
}

// Listen has hear called for each signal, on a goroutine of its own and never while a deed
// waits for it, until stop.
func (a *Agent) Listen(hear func(Signal)) (stop func()) { return a.signals.listen(hear) }

// State is what can be done now.
func (a *Agent) State() State {
	a.mu.Lock()
	open, elsewhere := a.session != nil, a.elsewhere
	a.mu.Unlock()
	switch {
	case open:
		return IsUnlocked
	case elsewhere:
		return IsElsewhere
	}
	switch state, err := vault.Exists(a.cfg.Vault); {
	case err != nil:
		return IsLocked // Unlock says what is wrong with it
	case state == vault.None:
		return IsNew
	case state == vault.Enrolling:
		return IsEnrolling
	}
	return IsLocked
}

// Me is who this device speaks for and how it stands.
func (a *Agent) Me() Me {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.session
	if s == nil {
		plate := a.place.Plate()
		var until time.Time
		if plate.Waits != 0 {
			until = plate.Waits.Time()
		}
		return Me{Person: identity.Person{First: plate.First}, Device: plate.Device, Org: plate.Org, Waiting: a.waiting, WrongAttempts: a.attempts, ApprovalUntil: until}
	}
	who := s.who()
	everything, units := access.Reach(access.May, access.SubjectOf(who.credential), access.LogRead)
	me := Me{
		Person: who.credential.Person, Device: s.device, Organisation: who.statement.Name, Org: who.profile.Org,
		Units: who.credential.Units, Roles: who.credential.Roles, Online: a.online, Waiting: s.journal.Waiting(),
		Label: who.profile.Label, CredentialUntil: who.credential.Expires.Time(), Unlocked: true, WrongAttempts: a.told, Carried: a.handedIn,
		MayReadLog:   everything || len(units) > 0,
		ClockSuspect: a.clock.Read().Suspect, Revoked: who.barred == DeviceRevoked, Problem: a.problem,
	}
	if last := who.lastSync; !last.IsZero() {
		me.LastSync = last.Time()
	}
	return me
}

// current is the open session, or the problem that there is none.
func (a *Agent) current() (*session, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.session == nil {
		return nil, problem(Locked, nil)
	}
	return a.session, nil
}

// Touch is a sign of life: auto-lock counts from it anew.
func (a *Agent) Touch() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.touched = a.clock.Uptime()
}

// changed tells the screens.
func (a *Agent) changed(signals ...Signal) { a.signals.send(signals...) }

// nudge tells Run that there may be something to send.
func (a *Agent) nudge() {
	select {
	case a.kick <- struct{}{}:
	default:
	}
}

// now is the time to judge by.
func (a *Agent) now() signed.Time { return a.clock.Read().Time }

// wallUntil is a trusted point in time on the machine's own clock, which countdowns run by.
func (a *Agent) wallUntil(d time.Duration) time.Time { return a.clock.Now().Add(d) }

// today is the day in the local time zone, 2006-01-02.
func (a *Agent) today() string {
	return a.now().Time().In(a.clock.Now().Location()).Format(time.DateOnly)
}
