#include "server/api/front.hpp"
#include <algorithm>
#include "fechatter/version.hpp"
#include "sdk/service/routes/openapi.hpp"
#include "server/api/sinks.hpp"

namespace fechatter {
namespace {
constexpr std::string_view kStreamPath = "/api/v1/stream", kWsPath = "/api/v1/ws", kPollPath = "/api/v1/poll", kSubprotocol = "fechatter.v1";
const kit::Headers kJson{{"content-type", "application/json"}};

ApiRequest to_api(kit::Request& r) {
  const auto header = [&](std::string_view name) { return std::string(r.header(name)); };
  ApiRequest a;
  a.authorization = header("authorization"), a.idempotency_key = header("idempotency-key");
  if (a.idempotency_key.empty() && r.header("idempotency-key").data()) a.idempotency_key = " ";  // given, but no key: refused like any other that is none
  a.last_event_id = header("last-event-id"), a.content_type = kit::lower(r.header("content-type"));
  a.method = r.method == "HEAD" ? "GET" : r.method;  // the connection leaves the body out
  a.path = std::move(r.path), a.query = std::move(r.query);
  a.remote_ip = r.remote_ip, a.request_id = r.request_id, a.body = std::move(r.body);
  return a;
}
int answer(kit::Reply& reply, ApiReply out) {
  kit::Headers headers = kJson;
  if (out.retry_after_ms > 0) headers.emplace_back("retry-after", std::to_string((out.retry_after_ms + 999) / 1000));
  reply.send(out.status, std::move(headers), std::move(out.body));
  return out.status;
}
// Whether a comma-separated header names that token.
bool names(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    auto item = list.substr(0, list.find(','));
    list.remove_prefix(std::min(item.size() + 1, list.size()));
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    if (item == token) return true;
  }
  return false;
}
// In several lines of the header, perhaps.
bool offers(const kit::Request& r, std::string_view subprotocol) {
  return std::any_of(r.headers.begin(), r.headers.end(), [&](const auto& h) { return h.first == "sec-websocket-protocol" && names(h.second, subprotocol); });
}
}  // namespace

Front::Front(Service& service, kit::Metrics& metrics, Clock& clock, std::function<void()> gather)
    : service_(service), metrics_(metrics), clock_(clock), gather_(std::move(gather)), openapi_(openapi_json(kVersion)) {}

void Front::handle(kit::Request&& request, std::shared_ptr<kit::Reply> reply) {
  if (operations(request, reply)) return;
  api(std::move(request), std::move(reply));
}

void Front::refuse(const kit::Request& request, kit::Reply& reply, const Error& error) { answer(reply, fechatter::refuse(error, request.request_id)); }

// Streams are counted when they are opened, or refused: not when they end.
void Front::open(kit::Request&& request, std::shared_ptr<kit::Reply> reply) {
  const std::int64_t begun = clock_.steady_ms();
  const bool ws = request.path == kWsPath;
  int status = 0;
  if (const auto unfit = no_opening(request)) {
    status = answer(*reply, fechatter::refuse(*unfit, request.request_id));
  } else {
    const ApiRequest a = to_api(request);
    status = ws ? websocket(a, request, std::move(reply)) : stream(a, std::move(reply));
  }
  metrics_.request(request.method, ws ? "/ws" : "/stream", status, static_cast<double>(clock_.steady_ms() - begun) / 1000.0);
}

std::optional<Error> Front::no_opening(const kit::Request& request) const {
  if (request.method != "GET") return Error{Code::invalid_argument, "this path does not take " + request.method, "method"};
  if (!request.body.empty()) return Error{Code::invalid_argument, "this path takes no body", "body"};
  if (draining_) return Error{Code::unavailable, "the server is restarting", {}, 1000};
  return std::nullopt;
}

void Front::api(kit::Request&& request, std::shared_ptr<kit::Reply> reply) {
  if (request.path == kStreamPath || request.path == kWsPath) return open(std::move(request), std::move(reply));
  const std::int64_t begun = clock_.steady_ms();
  const std::string method = request.method;
  ApiRequest a = to_api(request);
  if (a.path == kPollPath) a.when_gone = [reply](std::function<void()> f) { reply->on_close(std::move(f)); };
  service_.handle(std::move(a), [this, reply, begun, method](ApiReply out) {
    metrics_.request(method, out.route.empty() ? "none" : out.route, out.status, static_cast<double>(clock_.steady_ms() - begun) / 1000.0);
    answer(*reply, std::move(out));
  });
}

int Front::stream(const ApiRequest& request, std::shared_ptr<kit::Reply> reply) {
  auto opening = service_.open_stream(request);
  if (!opening) return answer(*reply, fechatter::refuse(opening.error(), request.request_id));
  auto sink = std::make_shared<SseSink>(reply);
  auto connection = service_.hub().attach({opening->user, opening->session, opening->cursor, sink});
  if (!connection) return answer(*reply, fechatter::refuse(connection.error(), request.request_id));
  reply->start(200, {{"content-type", "text/event-stream"}, {"x-accel-buffering", "no"}});
  reply->on_close([this, sink, kept = *connection] {
    sink->gone();
    service_.hub().detach(kept);
  });
  return 200;
}

int Front::websocket(const ApiRequest& request, const kit::Request& http, std::shared_ptr<kit::Reply> reply) {
  auto opening = service_.open_stream(request);
  if (!opening) return answer(*reply, fechatter::refuse(opening.error(), request.request_id));
  const bool offered = offers(http, kSubprotocol);
  auto channel = reply->upgrade_websocket(offered ? std::string(kSubprotocol) : std::string());
  if (!channel) return 400;  // not a handshake: answered
  auto sink = std::make_shared<WebSocketSink>(channel);
  auto connection = service_.hub().attach({opening->user, opening->session, opening->cursor, sink});
  if (!connection) return channel->close(1013, connection.error().message), 101;
  channel->on_close([this, sink, kept = *connection] {
    sink->gone();
    service_.hub().detach(kept);
  });
  return 101;
}

bool Front::operations(const kit::Request& request, const std::shared_ptr<kit::Reply>& reply) {
  if (request.method != "GET" && request.method != "HEAD") return false;
  const auto json = [&](int status, std::string body) { reply->send(status, kJson, std::move(body)); };
  if (request.path == "/healthz") return json(200, "{\"status\":\"alive\"}"), true;
  if (request.path == "/readyz") {
    const std::string missing = draining_ ? "the server is draining" : service_.not_ready();
    if (missing.empty()) return json(200, "{\"status\":\"ready\"}"), true;
    return refuse(request, *reply, {Code::unavailable, missing, {}, 1000}), true;
  }
  if (request.path == "/openapi.json") return json(200, openapi_), true;
  if (request.path == "/.well-known/jwks.json") return json(200, service_.jwks()), true;
  if (request.path == "/metrics") return reply->send(200, {{"content-type", "text/plain; version=0.0.4"}}, metrics_text()), true;
  return false;
}

std::string Front::metrics_text() {
  const auto set = [&](const char* name, const char* help, auto value) { metrics_.set(name, help, static_cast<double>(value)); };
  const auto& lane = service_.lane().counters();
  set("fechatter_lane_batches_total", "transactions of the writer lane", lane.batches.load());
  set("fechatter_lane_commands_total", "commands through the writer lane", lane.commands.load());
  set("fechatter_lane_refused_total", "commands refused by a rule", lane.refused.load());
  set("fechatter_lane_retries_total", "batches tried again", lane.retries.load());
  set("fechatter_lane_late_loads_total", "rows loaded that no command had named", lane.late_loads.load());
  set("fechatter_lane_queued", "commands waiting", service_.lane().queued());
  set("fechatter_lane_queue_max", "commands that may wait", service_.lane().limits().queued);
  set("fechatter_lane_overflows_total", "commands refused because too many waited", lane.overflows.load());
  hub_figures();
  if (gather_) gather_();
  return metrics_.render();
}

void Front::hub_figures() {
  const auto set = [&](const char* name, const char* help, auto value) { metrics_.set(name, help, static_cast<double>(value)); };
  const HubCounters hub = service_.hub().counters();
  const HubLimits& limits = service_.hub().limits();
  set("fechatter_streams", "open live streams", hub.connections);
  set("fechatter_people", "people with a stream, or with one a moment ago", hub.people);
  set("fechatter_streams_waiting", "streams that are being opened", hub.waiting);
  set("fechatter_streams_waiting_max", "streams that may be opened at the same time", limits.waiting);
  set("fechatter_streams_refused_total", "streams refused because too many were being opened", hub.refused);
  set("fechatter_streams_resumed_total", "streams that went on where they had ended", hub.resumed);
  set("fechatter_streams_fresh_total", "streams that began at the end of the log", hub.fresh);
  set("fechatter_frames_delivered_total", "frames handed to connections: events, and what keeps a stream going", hub.delivered);
  set("fechatter_nudges_total", "notices of news in large chats", hub.nudges);
  set("fechatter_slow_consumers_total", "streams closed because they were slow", hub.dropped_slow);
  set("fechatter_slow_consumer_frames_max", "frames that a stream may be behind", limits.sink_frames);
  set("fechatter_slow_consumer_bytes_max", "bytes that a stream may be behind", limits.sink_bytes);
  set("fechatter_log_position", "newest delivered position of the log", hub.tail);
  set("fechatter_ring_bytes", "recent log kept in memory", hub.ring_bytes);
  set("fechatter_ring_bytes_max", "recent log that may be kept in memory", limits.ring_bytes);
}

void Front::drain() {
  draining_ = true;
  service_.hub().drain();
}

}  // namespace fechatter
