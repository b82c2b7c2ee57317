package testnet_test

// changesPassphrase: "anna changes-passphrase OLD NEW", in a process of its own.
func changesPassphrase(s *scene, args []string) error {
	_, err := s.who.Command(s.ctx, args[:2], "passphrase", "-passphrase-fd", "3", "-new-passphrase-fd", "4")
	if err == nil {
		s.who.Passphrase = args[1]
	}
	return err
}
