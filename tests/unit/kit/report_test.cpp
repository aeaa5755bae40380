// What the server says about itself: metrics and log lines.
#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include "server/kit/http.hpp"
#include "server/kit/log.hpp"
#include "server/kit/metrics.hpp"

using namespace fechatter;
using namespace fechatter::kit;

namespace {
// What a log of that format writes to standard error.
std::string written(const std::string& format, const std::string& level, const std::function<void(Log&)>& f) {
  Config config;
  config.log_format = format, config.log_level = level;
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const int before = ::dup(2);
  ::dup2(ends[1], 2);
  f(*make_log(config));
  ::dup2(before, 2);
  ::close(before), ::close(ends[1]);
  std::string out;
  char bytes[4096];
  for (ssize_t n; (n = ::read(ends[0], bytes, sizeof bytes)) > 0;) out.append(bytes, static_cast<std::size_t>(n));
  ::close(ends[0]);
  return out;
}
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
}  // namespace

TEST_CASE("metrics: requests by route and status, durations, values") {
  Metrics m;
  m.request("GET", "/chats/{c}", 200, 0.002);
  m.request("GET", "/chats/{c}", 200, 0.2);
  m.request("GET", "/chats/{c}", 404, 0.002);
  m.set("fechatter_streams", "open live streams", 3);
  m.set("fechatter_streams", "open live streams", 4);
  const std::string text = m.render();
  CHECK(has(text, "# TYPE fechatter_http_requests_total counter"));
  CHECK(has(text, "fechatter_http_requests_total{method=\"GET\",route=\"/chats/{c}\",status=\"200\"} 2"));
  CHECK(has(text, "fechatter_http_request_seconds_count{method=\"GET\",route=\"/chats/{c}\"} 3"));
  CHECK(has(text, "fechatter_http_request_seconds_bucket{method=\"GET\",route=\"/chats/{c}\",le=\"0.0025\"} 2"));
  CHECK(has(text, "fechatter_streams 4"));
}

TEST_CASE("metrics: invented methods do not become time series") {
  Metrics m;
  for (int i = 0; i < 1000; ++i) m.request("M" + std::to_string(i), "none", 404, 0.001);
  CHECK(has(m.render(), "fechatter_http_requests_total{method=\"other\",route=\"none\",status=\"404\"} 1000"));
}

TEST_CASE("a message cannot forge a line of the log") {
  const std::string text = written("text", "info", [](Log& log) {
    log.write(Level::debug, "kit", "unseen");
    log.write(Level::warn, "kit", "one\nERROR two\x1b[31m {} %v");
  });
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
  CHECK(has(text, "[kit] one\\x0aERROR two\\x1b[31m {} %v"));
  CHECK_FALSE(has(text, "unseen"));
}

TEST_CASE("json lines stay json, whatever the message holds") {
  const std::string hostile = "quote \" back \\ line\n broken \xff\xc3 fine \xc3\xa9";
  const std::string text = written("json", "warn", [&](Log& log) {
    log.write(Level::info, "kit", "unseen");
    log.write(Level::error, "kit", hostile);
  });
  REQUIRE(std::count(text.begin(), text.end(), '\n') == 1);
  const auto line = nlohmann::json::parse(text);
  CHECK(line["component"] == "kit");
  CHECK(line["level"] == "error");
  CHECK(line["message"] == "quote \" back \\ line\n broken \xef\xbf\xbd\xef\xbf\xbd fine \xc3\xa9");
  CHECK(line["ms"].is_number());
}

TEST_CASE("the error form") {
  const auto body = nlohmann::json::parse(error_body("not_found", "no \"such\" \\ thing\n", false, "r1"))["error"];
  CHECK(body["code"] == "not_found");
  CHECK(body["message"] == "no \"such\" \\ thing");
  CHECK(body["retryable"] == false);
  CHECK(body["request_id"] == "r1");
}
