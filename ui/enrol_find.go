package ui

import (
	"context"
	"io"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"

	"handslag/app/agent"
	"handslag/identity"
)

// choosePicture reads the letter's code from a picture file.
func (s *enrolScreen) choosePicture() {
	s.w.touch()
	if s.w.window == nil {
		return
	}
	s.w.config.Open(s.w.window, func(r io.ReadCloser, err error) {
		if err != nil {
			s.w.tell(s.banner, &agent.Problem{Code: agent.PictureUnreadable, Err: err})
			s.refresh()
		} else if r != nil {
			s.readPicture(r)
		}
	})
}

// Dropped reads the first file that was dropped on the window, while the organisation is asked for.
func (s *enrolScreen) Dropped(files []fyne.URI) {
	if s.step != stepOrganisation || s.busy {
		return
	}
	r, err := storage.Reader(files[0])
	if err != nil {
		s.w.tell(s.banner, &agent.Problem{Code: agent.PictureUnreadable, Err: err})
		s.refresh()
		return
	}
	s.readPicture(r)
}

func (s *enrolScreen) readPicture(r io.ReadCloser) {
	var org identity.OrgID
	s.work(s.w.lang.Say("enrol.reading_picture"), func(context.Context) (err error) {
		defer r.Close()
		org, err = s.w.agent.ReadOrganisationPicture(r)
		return err
	}, func(err error) {
		s.stay(stepOrganisation, err)
		if err == nil {
			s.organisation.Set(org)
		}
	})
}

// findOrganisation asks the directory, once for each press.
func (s *enrolScreen) findOrganisation() {
	org, whole := s.organisation.Org()
	if !whole {
		s.organisation.Complain()
		return
	}
	s.work(s.w.lang.Say("enrol.finding"), func(ctx context.Context) (err error) {
		s.found, err = s.w.agent.FindOrganisation(ctx, org)
		return err
	}, func(err error) {
		if err != nil {
			s.stay(stepOrganisation, err)
			return
		}
		s.show(stepSignIn)
	})
}
