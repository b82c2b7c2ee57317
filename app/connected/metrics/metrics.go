// Package metrics tells Prometheus what the connected system does, on a listener of its own: how many
// calls came and how they ended, never whose. Its labels are paths of the table of routes and codes of
// the contract; it reads no data but counts.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"handslag/app/connected/gate"
)

// Path is the one that is answered.
const Path = "/metrics"

const (
	figuresTime = 2 * time.Second // what counting in the database may take
	answerTime  = 10 * time.Second
	headerLimit = 8 << 10 // bytes
	atOnce      = 2       // scrapes
)

// Meter counts. It is a gate.Meter.
type Meter struct {
	registry *prometheus.Registry
	calls    *prometheus.CounterVec
	entries  prometheus.Counter
	stored   prometheus.Histogram
}

var _ gate.Meter = (*Meter)(nil)

// New makes a meter at zero.
func New() *Meter {
	m := &Meter{
		registry: prometheus.NewRegistry(),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "handslag_calls_total", Help: "Calls by route (other: none of the table's) and outcome (ok, or the refusal's code).",
		}, []string{"route", "outcome"}),
		entries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "handslag_entries_taken_total", Help: "Entries of devices' journals that were stored, each once.",
		}),
		stored: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "handslag_store_duration_seconds", Help: "From asking the database for a call's transaction to its end, the wait for those before it included.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
	}
	m.registry.MustRegister(m.calls, m.entries, m.stored, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Called counts one call.
func (m *Meter) Called(route, outcome string) { m.calls.WithLabelValues(route, outcome).Inc() }

// Took counts entries that are stored now.
func (m *Meter) Took(entries int) { m.entries.Add(float64(entries)) }

// Stored notes how long one call's transaction took.
func (m *Meter) Stored(d time.Duration) { m.stored.Observe(d.Seconds()) }

// figures reads the database's own counts when it is asked.
type figures struct{ g *gate.Gate }

var (
	reachable = prometheus.NewDesc("handslag_store_up", "1 where the database answers.", nil, nil)
	logSize   = prometheus.NewDesc("handslag_log_entries", "Entries of the audit log.", nil, nil)
	unchecked = prometheus.NewDesc("handslag_signatures_unchecked", "Entries of the audit log whose own signatures have not been checked yet; another one vouched for them.", nil, nil)
	findings  = prometheus.NewDesc("handslag_findings_open", "Findings that are open, by code; those of which there was one ever.", []string{"code"}, nil)
	waits     = prometheus.NewDesc("handslag_calls_waiting", "Calls to this process that wait for a change.", nil, nil)
	late      = prometheus.NewDesc("handslag_calls_late_total", "Calls to this process that were told something only when their wait was over; what changes should have woken them.", nil, nil)
	witnesses = prometheus.NewDesc("handslag_log_witnesses", "Devices that vouch for the audit log.", nil, nil)
	witnessed = prometheus.NewDesc("handslag_log_witnessed_entries", "Entries of the audit log that one of them vouches for.", nil, nil)
	asking    = prometheus.NewDesc("handslag_devices_asking", "Devices that wait for an administrator to let them in.", nil, nil)
)

func (f figures) Describe(to chan<- *prometheus.Desc) {
	to <- reachable
	to <- logSize
	to <- unchecked
	to <- findings
	to <- waits
	to <- late
	to <- witnesses
	to <- witnessed
	to <- asking
}

func (f figures) Collect(to chan<- prometheus.Metric) {
	ctx, stop := context.WithTimeout(context.Background(), figuresTime)
	defer stop()
	now, err := f.g.Figures(ctx)
	if err != nil { // what it was is in the log of calls
		to <- prometheus.MustNewConstMetric(reachable, prometheus.GaugeValue, 0)
		return
	}
	to <- prometheus.MustNewConstMetric(reachable, prometheus.GaugeValue, 1)
	to <- prometheus.MustNewConstMetric(logSize, prometheus.GaugeValue, float64(now.Entries))
	to <- prometheus.MustNewConstMetric(unchecked, prometheus.GaugeValue, float64(now.Unchecked))
	to <- prometheus.MustNewConstMetric(waits, prometheus.GaugeValue, float64(now.Waiting))
	to <- prometheus.MustNewConstMetric(late, prometheus.CounterValue, float64(now.Late))
	to <- prometheus.MustNewConstMetric(witnesses, prometheus.GaugeValue, float64(now.Witnesses))
	to <- prometheus.MustNewConstMetric(witnessed, prometheus.GaugeValue, float64(now.Witnessed))
	to <- prometheus.MustNewConstMetric(asking, prometheus.GaugeValue, float64(now.Asking))
	for code, open := range now.Findings {
		to <- prometheus.MustNewConstMetric(findings, prometheus.GaugeValue, float64(open), code)
	}
}

// Handler answers GET /metrics with what m counted and what the data behind g says.
func (m *Meter) Handler(g *gate.Gate) (http.Handler, error) {
	if err := m.registry.Register(figures{g}); err != nil {
		return nil, fmt.Errorf("register figures: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+Path, promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: atOnce}))
	return mux, nil
}

// Serve answers on listener until ctx ends. It speaks plain HTTP: the listener stands where only who
// watches the machine reaches it.
func (m *Meter) Serve(ctx context.Context, g *gate.Gate, listener net.Listener) error {
	handler, err := m.Handler(g)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{
		Handler: handler, ReadTimeout: answerTime, WriteTimeout: answerTime, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: headerLimit, ErrorLog: log.New(io.Discard, "", 0),
	}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve metrics: %w", err)
	}
	return nil
}
