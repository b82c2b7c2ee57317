package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"handslag/app/connected/gate"
)

// Sending counts what leaves by syslog. Of several processes one sends at a time: how far the
// receiver is behind each of them tells alike, the rest each tells of itself.
type Sending struct {
	from   gate.Feed
	now    func() time.Time
	sent   prometheus.Counter
	failed prometheus.Counter
	last   prometheus.Gauge
}

// Sends counts, from now on, what is sent from a feed.
func (m *Meter) Sends(from gate.Feed, now func() time.Time) *Sending {
	s := &Sending{
		from: from, now: now,
		sent:   prometheus.NewCounter(prometheus.CounterOpts{Name: "handslag_syslog_entries_sent_total", Help: "Entries of the audit log that the syslog receiver took from this process, some of them twice."}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{Name: "handslag_syslog_failures_total", Help: "Deliveries to the syslog receiver that this process tried in vain."}),
		last:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "handslag_syslog_last_success_timestamp_seconds", Help: "When the syslog receiver last took entries from this process; 0: not yet."}),
	}
	m.registry.MustRegister(s.sent, s.failed, s.last, lagging{s})
	return s
}

// Sent counts entries that the receiver has.
func (s *Sending) Sent(entries int) {
	s.sent.Add(float64(entries))
	s.last.Set(float64(s.now().UnixMilli()) / 1000)
}

// Failed counts a delivery that was none.
func (s *Sending) Failed() { s.failed.Inc() }

// lagging reads how far the receiver is behind when it is asked.
type lagging struct{ s *Sending }

var (
	entriesBehind = prometheus.NewDesc("handslag_syslog_entries_behind", "Entries of the audit log that the syslog receiver has not got.", nil, nil)
	secondsBehind = prometheus.NewDesc("handslag_syslog_behind_seconds", "Since the oldest of these came in; 0 where there is none.", nil, nil)
)

func (l lagging) Describe(to chan<- *prometheus.Desc) {
	to <- entriesBehind
	to <- secondsBehind
}

func (l lagging) Collect(to chan<- prometheus.Metric) {
	ctx, stop := context.WithTimeout(context.Background(), figuresTime)
	defer stop()
	lag, err := l.s.from.Lag(ctx)
	if err != nil { // handslag_store_up says so
		return
	}
	to <- prometheus.MustNewConstMetric(entriesBehind, prometheus.GaugeValue, float64(lag.Entries))
	to <- prometheus.MustNewConstMetric(secondsBehind, prometheus.GaugeValue, lag.Time.Seconds())
}
