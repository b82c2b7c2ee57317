package command

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"handslag/app/connected/gate"
	"handslag/identity"
)

// anID is a device ID as examples have it.
const anID = "QPZR-Y9X8-GF2T-VDW0-S3JN-54KH-CE6M-UA7L"

func deviceListVerb() verb {
	return verb{
		name: "device list", short: "List the devices, and those that wait to become one", examples: []string{"device list", "device list -json"},
		begin: simple(func(ctx context.Context, c *call) error {
			return c.administer(ctx, func(admin gate.Administration) error {
				devices, err := admin.ListDevices(ctx)
				if err != nil {
					return err
				}
				return c.answer(orEmpty(devices), func() {
					var rows [][]string
					for _, d := range devices {
						rows = append(rows, []string{d.ID.Grouped(), dash(d.Label), d.Person.Username, d.Person.Name(), minute(d.EnrolledAt), minute(d.SyncedAt), deviceState(d)})
					}
					c.list("No devices yet: staff enrol with the organisation ID that connected letter prints.",
						[]string{"DEVICE", "CALLED", "USERNAME", "NAME", "ENROLLED", "SYNCED", "STATE"}, rows)
				})
			})
		}),
	}
}

func deviceState(d gate.DeviceRow) string {
	switch {
	case d.Waits():
		return "waits since " + minute(d.AskedAt) + ": connected device approve"
	case !d.RefusedAt.IsZero():
		return "refused " + minute(d.RefusedAt)
	case d.ReplacedBy != "":
		return "replaced " + minute(d.RevokedAt) + " by " + d.ReplacedBy.Grouped()
	case !d.RevokedAt.IsZero():
		return "revoked " + minute(d.RevokedAt)
	case !d.QuarantinedAt.IsZero():
		return "in quarantine " + minute(d.QuarantinedAt)
	case d.Epoch == 0:
		return "approved, has not heard of it"
	}
	return "until " + minute(d.ExpiresAt)
}

func deviceApproveVerb() verb {
	var label, replaces string
	return verb{
		name: "device approve", args: "DEVICE-ID", short: "Let a device in that waits: type the ID that its person reads from its screen to you", min: 1, max: 8,
		examples: []string{"device approve " + anID, `device approve -called "Annas surfplatta" -replaces ` + anID + " " + anID},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.StringVar(&label, "called", "", "what people call the device, a `name` of at most 64 bytes")
			flags.StringVar(&replaces, "replaces", "", "`ID` of an older device of the same person, which is revoked with it")
			return func(ctx context.Context, c *call) error {
				device, err := deviceOf("device approve", c.args...)
				if err != nil {
					return err
				}
				var older identity.DeviceID
				if replaces != "" {
					if older, err = deviceOf("device approve", replaces); err != nil {
						return err
					}
				}
				return c.administer(ctx, func(admin gate.Administration) error {
					if err := admin.ApproveDevice(ctx, device, label, older); err != nil {
						return err
					}
					return c.done(changed{Device: string(device), Replaced: string(older), Done: "approved"})
				})
			}
		},
	}
}

func deviceRefuseVerb() verb {
	return deviceVerb("device refuse", "Do not let a device in that waits", "refused", gate.Administration.RefuseDevice)
}

func deviceRenameVerb() verb {
	var label string
	return verb{
		name: "device rename", args: "DEVICE-ID", short: "Say what people call a device, in lists and in the log", min: 1, max: 8,
		examples: []string{`device rename ` + anID + ` -called "Annas surfplatta"`},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.StringVar(&label, "called", "", "`name` of at most 64 bytes; empty: none")
			return func(ctx context.Context, c *call) error {
				device, err := deviceOf("device rename", c.args...)
				if err != nil {
					return err
				}
				return c.administer(ctx, func(admin gate.Administration) error {
					if err := admin.RenameDevice(ctx, device, label); err != nil {
						return err
					}
					return c.done(changed{Device: string(device), Done: "renamed"})
				})
			}
		},
	}
}

func deviceReplaceVerb() verb {
	return verb{
		name: "device replace", args: "OLD-ID NEW-ID", short: "Revoke a person's older device, in whose place a newer one of theirs stands", min: 2, max: 16,
		examples: []string{"device replace " + anID + " " + anID},
		begin: simple(func(ctx context.Context, c *call) error {
			if len(c.args)%2 != 0 {
				return &usageError{"two device IDs are needed", "try: connected device replace -h"}
			}
			older, err := deviceOf("device replace", c.args[:len(c.args)/2]...)
			if err != nil {
				return err
			}
			newer, err := deviceOf("device replace", c.args[len(c.args)/2:]...)
			if err != nil {
				return err
			}
			return c.administer(ctx, func(admin gate.Administration) error {
				if err := admin.ReplaceDevice(ctx, older, newer); err != nil {
					return err
				}
				return c.done(changed{Device: string(newer), Replaced: string(older), Done: "replaces it"})
			})
		}),
	}
}

func deviceRevokeVerb() verb {
	return deviceVerb("device revoke", "End what a device may, from its next call on; its journal is still taken", "revoked", gate.Administration.RevokeDevice)
}

func deviceReleaseVerb() verb {
	return deviceVerb("device release", "Lift the quarantine of a device of whose journal two branches grew; revoke it if it was cloned", "released", gate.Administration.ReleaseDevice)
}

// deviceVerb does something to one device, whose ID may stand as lists show it, unquoted.
func deviceVerb(name, short, done string, do func(gate.Administration, context.Context, identity.DeviceID) error) verb {
	return verb{
		name: name, args: "DEVICE-ID", short: short, min: 1, max: 8,
		examples: []string{name + " " + anID},
		begin: simple(func(ctx context.Context, c *call) error {
			device, err := deviceOf(name, c.args...)
			if err != nil {
				return err
			}
			return c.administer(ctx, func(admin gate.Administration) error {
				if err := do(admin, ctx, device); err != nil {
					return err
				}
				return c.done(changed{Device: string(device), Done: done})
			})
		}),
	}
}

// deviceOf reads a device ID, whole or in its groups.
func deviceOf(name string, groups ...string) (identity.DeviceID, error) {
	device, err := identity.ParseDeviceID(strings.Join(groups, ""))
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return device, nil
}
