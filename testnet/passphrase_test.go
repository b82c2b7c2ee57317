package testnet_test

// changesPassphrase: "anna changes-passphrase OLD NEW", in a process of its own.
func changesPassphrase(s *scene, args []string) error {
	_, err := s.who.Command(s.ctx, args[:2], "passphrase", "-passphrase-fd", "3", "-new-passphrase-fd", "4")
	if err == nil {
		s.who.Passphrase = args[1]
	}
	return err
}

// startsAgain: "anna starts-again", who remembers her passphrase no more.
func startsAgain(s *scene, _ []string) error {
	_, err := s.who.Command(s.ctx, nil, "start-again", "-yes")
	return err
}

// wipes: "anna wipes PASSPHRASE", in a process of its own.
func wipes(s *scene, args []string) error {
	_, err := s.who.Command(s.ctx, args[:1], "wipe", "-passphrase-fd", "3")
	return err
}
