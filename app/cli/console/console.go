package console

import (
	"context"
	"fmt"
	"io"

	"handslag/app/agent"
	"handslag/assets"
)

// Console is one agent and the command line that drives it.
type Console struct {
	Ctx      context.Context
	Out, Err io.Writer // data; prompts and problems: what others wrote moves no cursor on either
	Raw      io.Writer // Out as it is, for JSON and CSV
	Settings Settings
	Agent    *agent.Agent // nil before Start
	Input    *Lines
	Long     bool // several commands, unlocked once
	// Interrupts are the person's wishes to end.
	Interrupts Interrupts

	env   Surroundings
	inUse Command
}

// New is the console of a program that runs in env until ctx ends; end ends it.
func New(ctx context.Context, env Surroundings, end func()) *Console {
	c := &Console{Ctx: ctx, Out: cleaner{env.Out}, Err: cleaner{env.Err}, Raw: env.Out, Input: newLines(env.In), env: env}
	c.Settings.defaults(env)
	go c.Interrupts.hear(ctx, env.Interrupts, end)
	return c
}

// Lang is what the person reads.
func (c *Console) Lang() assets.Language { return c.Settings.language() }

// Say is a sentence of assets.
func (c *Console) Say(code string, args ...any) string { return c.Lang().Say(code, args...) }

// Start makes the agent, once.
func (c *Console) Start() error {
	if c.Agent != nil {
		return nil
	}
	conf, err := c.Settings.config(c.env)
	if err != nil {
		return err
	}
	c.Agent, err = agent.New(conf)
	return err
}

// Close ends the agent, where there is one.
func (c *Console) Close() {
	if c.Agent != nil {
		c.Agent.Close()
	}
}

// Unlocked starts the agent and unlocks it, unless that is done.
func (c *Console) Unlocked() error {
	if err := c.Start(); err != nil {
		return err
	}
	if c.Agent.State() == agent.IsUnlocked {
		c.Agent.Touch()
		return nil
	}
	if err := c.Enrolled(); err != nil {
		return err
	}
	if c.Long {
		return &agent.Problem{Code: agent.Locked} // by itself: its input is for commands now
	}
	passphrase, err := c.Secret(c.Settings.PassphraseFD, c.SecretLabel())
	if err != nil {
		return err
	}
	if err := c.Agent.Unlock(c.Ctx, passphrase); err != nil {
		return err
	}
	if n := c.Agent.Me().WrongAttempts; n > 0 {
		fmt.Fprintln(c.Err, c.Say("lock.failed_before", "n", n))
	}
	return nil
}

// Enrolled refuses, before anything is asked, where there is nothing to unlock.
func (c *Console) Enrolled() error {
	switch c.Agent.State() {
	case agent.IsNew, agent.IsEnrolling:
		return &agent.Problem{Code: agent.NotEnrolled}
	case agent.IsElsewhere:
		return &agent.Problem{Code: agent.OpenElsewhere}
	}
	return nil
}

// Browse opens the person's browser at an address, where there is one.
func (c *Console) Browse(address string) error {
	if c.env.Browse == nil {
		return nil
	}
	return c.env.Browse(address)
}
