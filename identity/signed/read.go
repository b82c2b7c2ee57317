package signed

// Read decodes the payload of a message into v without checking its signature, and returns what the
// signature is made over: for who has it vouched for otherwise, by a later message that names it, and
// checks the signature when there is time.
func Read(domain Domain, message []byte, limit int, v any) (Content, error) {
	env, err := unwrap(message, limit)
	if err != nil {
		return Content{}, err
	}
	if err := Decode(env.Payload, limit, v); err != nil {
		return Content{}, err
	}
	return content(domain, env.Protected, env.Payload)
}
