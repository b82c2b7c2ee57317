package command

// Verbs are the names of all commands, and how many arguments each wants at least.
func Verbs() map[string]int {
	all := map[string]int{}
	for _, v := range verbs() {
		all[v.name] = v.min
	}
	return all
}
