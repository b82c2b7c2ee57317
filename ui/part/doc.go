// Package part is what screens are made of: the look (colours, sizes, states), how things lie beside each other, and small
// dumb widgets, which show what they are given and tell taps through On… callbacks. It knows no agent and no screen, and
// asks nobody for anything.
package part
