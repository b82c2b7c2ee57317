package gate

import (
	"fmt"
	"slices"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// renewAfter is how old a credential grows before a renewal makes a new one, where nothing
// that it says has changed.
const renewAfter = time.Hour

// enrolment is an Enrolment whose signature holds under the key that it names.
type enrolment struct{ link.Enrolment }

const enrolmentLimit = 4 << 10 // bytes

// openEnrolment verifies that who asks holds the signing key it asks for.
func (g *Gate) openEnrolment(r link.EnrolRequest) (enrolment, error) {
	var claim, e link.Enrolment
	if err := signed.Unverified(r.Possession, enrolmentLimit, &claim); err != nil {
		return enrolment{}, err
	}
	if err := signed.Open(signed.DomainEnrolment, claim.Keys.Signing, r.Possession, enrolmentLimit, &e); err != nil {
		return enrolment{}, err
	}
	if e.Version != 1 || e.Org != g.org || e.RequestID != r.RequestID || e.Machine != r.Machine ||
		identity.CheckOpaque(e.RequestID) != nil || identity.CheckOpaque(string(e.Machine)) != nil {
		return enrolment{}, fmt.Errorf("open enrolment: %w", ErrInput)
	}
	if _, err := identity.Seal(e.Keys.Sealing, "handslag/1/probe", []byte{0}); err != nil {
		return enrolment{}, err // a key that nothing can be sealed to
	}
	if e.Keys.Check() != nil {
		return enrolment{}, fmt.Errorf("open enrolment: %w", ErrInput)
	}
	return enrolment{e}, nil
}

// Enrol gives the device that the sign-in came with its credential, or has it wait for an administrator. The same request gives
// the same credential again; a device that is another person's, or was asked for with other
// keys, is a conflict. Who enrols anew wants to know what may not have come home: the answer
// names the person's other devices.
func (c *Call) Enrol() (link.Issued, error) {
	if err := c.g.endWaiting(c.ctx, c.tx, c.Now); err != nil {
		return link.Issued{}, err
	}
	issued, err := c.enrol()
	if err != nil || issued.Waiting != nil {
		return issued, err
	}
	return c.withEarlier(issued, string(identity.DeviceIDOf(c.signIn.possessed.Keys.Signing)))
}

// withEarlier names the person's other devices.
func (c *Call) withEarlier(issued link.Issued, device string) (link.Issued, error) {
	rows, err := c.tx.EarlierDevices(c.ctx, sqlc.EarlierDevicesParams{UserID: c.user.ID, ID: device})
	for _, row := range rows {
		issued.Earlier = append(issued.Earlier, link.Earlier{Device: identity.DeviceID(row.ID), Synced: signed.Time(row.SyncedAt)})
	}
	return issued, err
}

func (c *Call) enrol() (link.Issued, error) {
	e := c.signIn.possessed
	id := string(identity.DeviceIDOf(e.Keys.Signing))
	keys, err := signed.Encode(e.Keys)
	if err != nil {
		return link.Issued{}, err
	}
	device, err := c.tx.Device(c.ctx, id)
	known := err == nil
	switch {
	case store.Missing(err):
	case err != nil:
		return link.Issued{}, err
	case device.UserID != c.user.ID || !slices.Equal(device.Keys, keys):
		return link.Issued{}, Refuse(link.CodeConflict)
	case device.RevokedAt != 0:
		return link.Issued{}, Refuse(link.CodeDeviceRevoked)
	}
	asked, err := c.tx.Waiting(c.ctx, id)
	switch {
	case store.Missing(err):
	case err != nil:
		return link.Issued{}, err
	case asked.RefusedAt != 0:
		return link.Issued{}, Refuse(link.CodeDeviceRefused)
	}
	if !known && c.g.config.Approve {
		return c.wait(e, id, keys)
	}
	if !known {
		if err := c.roomForDevice(); err != nil {
			return link.Issued{}, err
		}
		err := c.tx.AddDevice(c.ctx, sqlc.AddDeviceParams{ID: id, UserID: c.user.ID, Machine: string(e.Machine), Keys: keys, EnrolledAt: int64(c.Now)})
		if err != nil {
			return link.Issued{}, err
		}
		if device, err = c.tx.Device(c.ctx, id); err != nil {
			return link.Issued{}, err
		}
		if err := c.tx.ForgetWaiting(c.ctx, id); err != nil { // devices wait no more here
			return link.Issued{}, err
		}
	}
	device.Machine = string(e.Machine)
	return c.give(device, e.RequestID, c.signIn.way())
}

// give issues the credential that a request asks for, or gives the one that it got before.
func (c *Call) give(device sqlc.Device, request, way string) (link.Issued, error) {
	before, err := c.tx.Enrolment(c.ctx, request)
	switch {
	case store.Missing(err):
	case err != nil:
		return link.Issued{}, err
	case before.DeviceID != device.ID:
		return link.Issued{}, Refuse(link.CodeConflict)
	default:
		row, err := c.tx.Credential(c.ctx, sqlc.CredentialParams{DeviceID: device.ID, Epoch: before.Epoch})
		if err != nil || row.ExpiresAt >= int64(c.Now) {
			if err != nil {
				return link.Issued{}, err
			}
			return c.issued(device, row.Body)
		}
	}
	body, epoch, err := c.issue(device)
	if err != nil {
		return link.Issued{}, err
	}
	if err := c.tx.PutEnrolment(c.ctx, sqlc.PutEnrolmentParams{RequestID: request, DeviceID: device.ID, Epoch: epoch}); err != nil {
		return link.Issued{}, err
	}
	_, err = c.g.say(c.ctx, c.tx, journal.Entry{Kind: journal.SignedIn, Code: way, Person: c.Person.ID, Peer: identity.DeviceID(device.ID), Epoch: uint64(epoch), Route: c.route.Path}, nil)
	if err != nil {
		return link.Issued{}, err
	}
	return c.issued(device, body)
}

// Renew gives the calling device its next credential, or the one it has where that is young
// and would say the same. One from the future was issued by a clock that has been corrected.
func (c *Call) Renew() (link.Issued, error) {
	if err := c.g.endWaiting(c.ctx, c.tx, c.Now); err != nil {
		return link.Issued{}, err
	}
	next, err := c.describe(*c.device)
	if err != nil {
		return link.Issued{}, err
	}
	row, err := c.tx.NewestCredential(c.ctx, c.device.ID)
	if err != nil && !store.Missing(err) {
		return link.Issued{}, err
	}
	if err == nil {
		have, err := identity.OpenCredential(row.Body, c.g.org, c.g.keys().Parsed.Issuing)
		if err == nil && row.Epoch >= c.device.Epoch && c.Now < have.Issued.Add(renewAfter) && have.Issued <= c.Now.Add(futureness) && saysTheSame(have, next) {
			return c.issued(*c.device, row.Body)
		}
	}
	body, epoch, err := c.issue(*c.device)
	if err != nil {
		return link.Issued{}, err
	}
	_, err = c.g.say(c.ctx, c.tx, journal.Entry{Kind: journal.Renewed, Person: c.Person.ID, Peer: identity.DeviceID(c.device.ID), Epoch: uint64(epoch), Route: c.route.Path}, nil)
	if err != nil {
		return link.Issued{}, err
	}
	return c.issued(*c.device, body)
}

// issued is a credential on its way to its device, and with it the search key for a person who
// may read records at all.
func (c *Call) issued(device sqlc.Device, credential []byte) (link.Issued, error) {
	out := link.Issued{Credential: credential, Label: device.Label}
	reads := func(g identity.Grant) bool { return g.Right == access.RecordRead }
	if !slices.ContainsFunc(c.who.Grants, reads) {
		return out, nil
	}
	keys, err := deviceKeys(device)
	if err != nil {
		return link.Issued{}, err
	}
	out.Search, err = identity.Seal(keys.Sealing, record.SearchKeyInfo(c.g.org, identity.DeviceID(device.ID)), c.g.search)
	return out, err
}

// describe is the credential that the device would get now.
func (c *Call) describe(device sqlc.Device) (identity.Credential, error) {
	keys, err := deviceKeys(device)
	if err != nil {
		return identity.Credential{}, err
	}
	next := identity.Credential{
		Version: 1, Org: c.g.org, Person: c.Person, Machine: identity.MachineID(device.Machine), Grants: c.who.Grants, Keys: keys,
		Epoch: uint64(device.Epoch) + 1, Issued: c.Now, Expires: c.Now.Add(c.g.config.Validity),
	}
	units, err := c.tx.UnitsOfUser(c.ctx, device.UserID)
	if err != nil {
		return identity.Credential{}, err
	}
	for _, u := range units {
		next.Units = append(next.Units, identity.Unit{ID: identity.UnitID(u.ID), Name: u.Name})
	}
	// A system that was put back from a backup learns from journals how far it had counted; who has
	// met the device refuses an epoch before that.
	newest, err := c.tx.NewestCredential(c.ctx, device.ID)
	if err != nil && !store.Missing(err) {
		return identity.Credential{}, err
	}
	if err == nil {
		next.Epoch = uint64(max(device.Epoch, newest.Epoch)) + 1
	}
	roles, err := c.tx.RolesOfUser(c.ctx, device.UserID)
	if err != nil {
		return identity.Credential{}, err
	}
	for _, r := range roles {
		next.Roles = append(next.Roles, r.Name)
	}
	return next, nil
}

func saysTheSame(a, b identity.Credential) bool {
	return a.Person == b.Person && a.Machine == b.Machine && slices.Equal(a.Units, b.Units) && slices.Equal(a.Roles, b.Roles) && slices.Equal(a.Grants, b.Grants)
}

// issue signs the device's next credential and keeps it: a journal verifies against every
// one ever issued.
func (c *Call) issue(device sqlc.Device) (body []byte, epoch int64, err error) {
	next, err := c.describe(device)
	if err != nil {
		return nil, 0, err
	}
	if err := next.Check(); err != nil {
		return nil, 0, fmt.Errorf("issue credential: %w", err)
	}
	if body, err = signed.Sign(signed.DomainCredential, c.g.keys().Issuing, next); err != nil {
		return nil, 0, err
	}
	if len(body) > identity.CredentialLimit {
		return nil, 0, fmt.Errorf("issue credential: %w", signed.ErrTooLarge)
	}
	epoch = int64(next.Epoch)
	if err := c.tx.SetEpoch(c.ctx, sqlc.SetEpochParams{Epoch: epoch, ExpiresAt: int64(next.Expires), Machine: device.Machine, ID: device.ID}); err != nil {
		return nil, 0, err
	}
	err = c.tx.AddCredential(c.ctx, sqlc.AddCredentialParams{DeviceID: device.ID, Epoch: epoch, PersonID: device.UserID, ExpiresAt: int64(next.Expires), Body: body})
	return body, epoch, err
}
