package qr

import "math/rand/v2"

// kind is a way in which a picture is bad.
type kind struct {
	name  string
	apart bool // held to no floor
	spoil func(s *shot, among func(low, high float64) float64)
}

// kinds of bad pictures. All are held by a hand: a little turned, a little tilted, a little noisy.
var kinds = []kind{
	{"rotation", false, func(s *shot, among func(low, high float64) float64) { s.turn = among(0, 360) }},
	{"perspective", false, func(s *shot, among func(low, high float64) float64) {
		s.tilt, s.about, s.pixels = among(25, 54), among(0, 360), among(5.5, 8)
	}},
	{"blur σ 1", false, func(s *shot, among func(low, high float64) float64) { s.blur, s.pixels = 1, among(3.5, 7) }},
	{"blur σ 2", false, func(s *shot, among func(low, high float64) float64) { s.blur, s.pixels = 2, among(4, 6.5) }},
	{"blur σ 3", true, func(s *shot, among func(low, high float64) float64) { s.blur, s.pixels = 3, among(5.5, 8) }},
	{"motion", false, func(s *shot, among func(low, high float64) float64) {
		s.motion, s.to, s.pixels = among(4, 11), among(0, 180), among(5.5, 8)
	}},
	{"moiré", false, func(s *shot, among func(low, high float64) float64) {
		s.moire, s.beat = among(0.5, 0.95), among(2.5, 16)
	}},
	{"glare", false, func(s *shot, among func(low, high float64) float64) { s.glare, s.spot = among(0.7, 2.5), among(4, 8) }},
	{"low light", false, func(s *shot, among func(low, high float64) float64) {
		s.dark, s.bright, s.noise = among(3, 9), among(26, 60), among(3, 7)
	}},
	{"noise", false, func(s *shot, among func(low, high float64) float64) { s.noise, s.pixels = among(35, 90), among(5, 8) }},
	{"partial shade", false, func(s *shot, among func(low, high float64) float64) { s.shade = among(0.5, 0.85) }},
	{"low contrast", false, func(s *shot, among func(low, high float64) float64) {
		s.dark = among(60, 160)
		s.bright = s.dark + among(8, 28)
	}},
	{"finger", false, func(s *shot, among func(low, high float64) float64) { s.finger = among(2, 8) }},
	{"JPEG", false, func(s *shot, among func(low, high float64) float64) {
		s.quality, s.pixels = int(among(1, 9)), among(3.5, 7)
	}},
	{"small", false, func(s *shot, among func(low, high float64) float64) { s.pixels = among(1.7, 2.8) }},
	{"inverted", false, func(s *shot, among func(low, high float64) float64) {
		s.inverted = true
		s.turn, s.tilt, s.blur = among(0, 360), among(0, 25), among(0.4, 1)
	}},
	{"combined", false, func(s *shot, among func(low, high float64) float64) {
		s.turn, s.tilt, s.blur, s.noise, s.quality = among(0, 360), among(8, 28), among(0.5, 1.3), among(3, 9), int(among(40, 75))
		s.pixels = among(4.5, 7)
		switch int(among(0, 5)) {
		case 0:
			s.glare, s.spot = among(0.3, 0.8), among(4, 8)
		case 1:
			s.moire, s.beat = among(0.15, 0.4), among(3, 12)
		case 2:
			s.finger = among(1, 4)
		case 3:
			s.shade = among(0.3, 0.6)
		default:
			s.motion, s.to = among(1, 4), among(0, 180)
		}
	}},
}

// shotOf is the picture of that number of a kind in the set of that seed, how it is taken and what it shows.
func shotOf(seed uint64, k, number int) (s shot, payload []byte, random *rand.Rand) {
	random = rand.New(rand.NewPCG(seed, uint64(k)<<32|uint64(number)))
	among := func(low, high float64) float64 { return low + (high-low)*random.Float64() }
	s = shot{
		pixels: among(4, 8), turn: among(-10, 10), tilt: among(0, 12), about: among(0, 360),
		blur: among(0, 0.6), dark: among(15, 40), bright: among(190, 240), noise: among(1, 3),
	}
	payload = make([]byte, 40+random.IntN(MaxPayload-40+1)) // version 4 to 7
	for i := range payload {
		payload[i] = byte(random.Uint32())
	}
	kinds[k].spoil(&s, among)
	return s, payload, random
}
