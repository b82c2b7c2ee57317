package command

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"

	"handslag/app/connected/feed"
	"handslag/app/connected/gate"
	"handslag/identity"
)

// feedName is the one receiver's, whatever its address is: a receiver that has moved goes on.
const feedName = "syslog"

// feed is the job that sends the audit log to a syslog server, without its source; nil where there is none.
func (c *call) feed(statement identity.Statement) (*feed.Job, error) {
	if c.settings.Syslog == "" {
		return nil, nil
	}
	if host, _, err := net.SplitHostPort(c.settings.Syslog); err != nil || host == "" {
		return nil, &usageError{"the syslog server is not named as host:port", "for example: -syslog siem.example:6514"}
	}
	format, err := feed.ParseFormat(c.settings.SyslogFormat)
	if err != nil {
		return nil, &usageError{err.Error(), "for example: -syslog-format ocsf"}
	}
	to := feed.Receiver{Address: c.settings.Syslog}
	if c.settings.SyslogRoots != "" {
		if to.Roots, err = readRoots(c.settings.SyslogRoots); err != nil {
			return nil, err
		}
	}
	if (c.settings.SyslogCertificate == "") != (c.settings.SyslogKey == "") {
		return nil, &usageError{"a certificate for the syslog server needs its key, and a key its certificate", "-syslog-certificate FILE -syslog-key FILE"}
	}
	if c.settings.SyslogCertificate != "" {
		certificate, err := tls.LoadX509KeyPair(c.settings.SyslogCertificate, c.settings.SyslogKey)
		if err != nil {
			return nil, fmt.Errorf("read the certificate for the syslog server: %w", err)
		}
		to.Certificate = &certificate
	}
	return &feed.Job{Sink: to, Messages: feed.NewMessages(statement, format), Log: slog.Default()}, nil
}

func readRoots(path string) (*x509.CertPool, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read certificates: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, &hinted{fmt.Errorf("read certificates: no certificate stands in %s", path), "it has to be PEM: -----BEGIN CERTIFICATE-----"}
	}
	return pool, nil
}

func exportLogVerb() verb {
	var after, format string
	return verb{
		name: "export log", short: "Write the audit log as JSON Lines, oldest first: IDs, and nobody's name",
		examples: []string{"export log >log.jsonl", "export log -after 1-5012-b1946ac92492d234 >>log.jsonl", "export log -format ocsf >events.jsonl"},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.StringVar(&after, "after", "", "`cursor` of the line that was written last; what is there already is left out")
			flags.StringVar(&format, "format", "", "`format` of a line: json, or ocsf for OCSF "+feed.OCSFVersion+" (default \"json\")")
			return func(ctx context.Context, c *call) error { return c.exportLog(ctx, after, format) }
		},
	}
}

func (c *call) exportLog(ctx context.Context, after, format string) error {
	cursor, err := feed.ParseCursor(after)
	if err != nil {
		return &usageError{err.Error(), "every line has one: -after \"$(tail -n1 log.jsonl | jq -r .cursor)\""}
	}
	f, err := feed.ParseFormat(format)
	if err != nil {
		return &usageError{err.Error(), "for example: -format ocsf"}
	}
	config, _, err := c.configuration()
	if err != nil {
		return err
	}
	out := bufio.NewWriter(c.Out)
	return c.administer(ctx, func(admin gate.Administration) error {
		err := admin.ExportLog(ctx, cursor, func(e feed.Entry) error {
			line, err := f.Write(e, config.Keys.Parsed.Org())
			if err != nil {
				return err
			}
			_, err = out.Write(append(line, '\n'))
			return err
		})
		return errors.Join(err, out.Flush())
	})
}
