package directory

// Forget deletes old addresses, as the clock does while serving.
func (d *Directory) Forget() {
	if err := d.addresses.purge(); err != nil {
		panic(err)
	}
}
