// The HTTP face of the service: requests to it, streams to its hub, and the operators' pages. Runs on the server's loop.
#pragma once
#include "sdk/service/service.hpp"
#include "server/kit/http.hpp"
#include "server/kit/metrics.hpp"

namespace fechatter {

class Front {
 public:
  /// `gather` is asked for what else there is to say before the metrics are shown.
  Front(Service&, kit::Metrics&, Clock&, std::function<void()> gather = {});

  void handle(kit::Request&&, std::shared_ptr<kit::Reply>);
  /// Streams go away, /readyz says so.
  void drain();

 private:
  void api(kit::Request&&, std::shared_ptr<kit::Reply>);
  void open(kit::Request&&, std::shared_ptr<kit::Reply>);
  std::optional<Error> no_opening(const kit::Request&) const;
  /// The status that was answered.
  int stream(const ApiRequest&, std::shared_ptr<kit::Reply>);
  int websocket(const ApiRequest&, const kit::Request&, std::shared_ptr<kit::Reply>);
  bool operations(const kit::Request&, const std::shared_ptr<kit::Reply>&);
  void refuse(const kit::Request&, kit::Reply&, const Error&);
  std::string metrics_text();
  void hub_figures();

  Service& service_;
  kit::Metrics& metrics_;
  Clock& clock_;
  std::function<void()> gather_;
  std::string openapi_;
  bool draining_ = false;
};

}  // namespace fechatter
