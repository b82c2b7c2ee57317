package ui

import (
	"context"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/sync/link"
	"handslag/ui/part"
)

// signIn has the person sign in again, for a device that was away until its credential had expired: by password, or in the
// browser where their organisation has its own sign-in service.
func (s *meScreen) signIn() {
	Load(s.latest.Next(s.w.life), s.w.spawn, s.w.agent.SignIns, func(ways link.SignIns, err error) {
		switch {
		case agent.CodeOf(err) == agent.Cancelled:
		case err != nil:
			s.w.tell(s.banner, err)
		case !ways.Password:
			s.signInWith(s.signInBrowser)
		default:
			s.askPassword(ways.Provider)
		}
	})
}

func (s *meScreen) signInBrowser(ctx context.Context) error {
	return s.w.agent.SignInInBrowser(ctx, s.w.browse)
}

// askPassword asks for it, and offers the browser.
func (s *meScreen) askPassword(browser bool) {
	field := part.NewSecretField(s.w.lang.Say("enrol.password"), s.w.lang.Say("enrol.password_hint"))
	d := &part.Dialog{Title: s.w.lang.Say("me.sign_in"), Body: field, Primary: s.w.lang.Say("me.sign_in"), Cancel: s.w.lang.Say("common.cancel"), First: field.Focusable()}
	if browser {
		d.Body = part.StackWide(field, part.NewButton(s.w.lang.Say("enrol.browser"), assets.IconKey, func() {
			d.Close()
			s.signInWith(s.signInBrowser)
		}))
	}
	d.OnPrimary = func() bool {
		password := field.Text()
		if password == "" {
			field.SetError(s.w.lang.Say("common.required"))
			return false
		}
		s.signInWith(func(ctx context.Context) error { return s.w.agent.SignIn(ctx, password) })
		return true
	}
	s.w.ask(d)
}

func (s *meScreen) signInWith(sign func(context.Context) error) {
	s.setSyncing(true)
	s.banner.Clear()
	Load(s.latest.Next(s.w.life), s.w.spawn, func(ctx context.Context) (struct{}, error) { return struct{}{}, sign(ctx) },
		func(_ struct{}, err error) {
			s.setSyncing(false)
			if err != nil {
				s.w.tell(s.banner, err)
				return
			}
			s.syncNow()
		})
}
