package command

import (
	"fmt"
	"strconv"
)

// devicesMost bounds the setting.
const devicesMost = 1000

// count is how many devices a person may have.
type count int

// String is the number.
func (n *count) String() string { return strconv.Itoa(int(*n)) }

// Set reads a number.
func (n *count) Set(text string) error {
	v, err := strconv.Atoi(text)
	if err != nil || v < 1 || v > devicesMost {
		return fmt.Errorf("is not a number of devices between 1 and %d", devicesMost)
	}
	*n = count(v)
	return nil
}
