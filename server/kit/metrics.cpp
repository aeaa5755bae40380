#include "server/kit/metrics.hpp"
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <map>

namespace fechatter::kit {
namespace {
// Callers may invent methods without end; each would become time series that stay.
std::string known(std::string_view method) {
  for (const std::string_view m : {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
    if (m == method) return std::string(m);
  return "other";
}
}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      prometheus::BuildCounter()
          .Name("fechatter_http_requests_total")
          .Help("requests to the API by route and status, streams when they are opened; not what never became a request")
          .Register(registry);
  prometheus::Family<prometheus::Histogram>& seconds = prometheus::BuildHistogram()
                                                           .Name("fechatter_http_request_seconds")
                                                           .Help("duration of requests by route; of streams, until they are open")
                                                           .Register(registry);
  std::map<std::string, prometheus::Counter*> counters;  // looking one up by its labels costs more than the request's parsing
  std::map<std::string, prometheus::Histogram*> histograms;
  std::map<std::string, prometheus::Gauge*> gauges;
  std::map<std::string, prometheus::Counter*> totals;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::request(std::string_view method, std::string_view route, int status, double seconds) {
  const std::string m = known(method), r(route), s = std::to_string(status);
  auto*& counter = impl_->counters[m + ' ' + r + ' ' + s];
  if (!counter) counter = &impl_->requests.Add({{"method", m}, {"route", r}, {"status", s}});
  counter->Increment();
  auto*& histogram = impl_->histograms[m + ' ' + r];
  if (!histogram)
    histogram =
        &impl_->seconds.Add({{"method", m}, {"route", r}}, prometheus::Histogram::BucketBoundaries{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5});
  histogram->Observe(seconds);
}

void Metrics::set(const std::string& name, const std::string& help, double value, const std::string& kind) {
  const auto labels = kind.empty() ? prometheus::Labels{} : prometheus::Labels{{"kind", kind}};
  if (name.ends_with("_total")) {
    auto*& total = impl_->totals[name + kind];
    if (!total) total = &prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry).Add(labels);
    if (value > total->Value()) total->Increment(value - total->Value());
    return;
  }
  auto*& gauge = impl_->gauges[name + kind];
  if (!gauge) gauge = &prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry).Add(labels);
  gauge->Set(value);
}

std::string Metrics::render() const { return prometheus::TextSerializer().Serialize(impl_->registry.Collect()); }

}  // namespace fechatter::kit
