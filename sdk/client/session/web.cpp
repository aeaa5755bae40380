#include "sdk/client/session/web.hpp"
#include "sdk/client/desk.hpp"

namespace fechatter {
namespace {
HttpRequest request_for(const Desk& desk, const std::string& method, const std::string& path, const std::string& token) {
  HttpRequest r;
  r.method = method, r.url = desk.options.server + "/api/v1" + path;
  if (!token.empty()) r.headers.emplace_back("Authorization", "Bearer " + token);
  return r;
}
}  // namespace

struct Web::Sending {
  std::unique_ptr<HttpCall> call;
};
struct Web::Streaming {
  std::unique_ptr<HttpCall> call;
  int status = 0;
  std::string refusal;
};

Web::~Web() = default;

void Web::send(const ApiCall& api, const std::string& token, const std::string& key, Answer answer) {
  HttpRequest r = request_for(desk_, api.method, api.path, token);
  r.body = api.body;
  if (!api.body.empty()) r.headers.emplace_back("Content-Type", "application/json");
  if (!key.empty()) r.headers.emplace_back("Idempotency-Key", key);
  const std::uint64_t n = ++last_;
  auto sending = sending_[n] = std::make_shared<Sending>();
  sending->call = desk_.ports.http->request(std::move(r), [this, weak = desk_.weak_from_this(), n, answer = std::move(answer)](Result<HttpResponse> got) {
    const auto desk = weak.lock();
    if (desk)
      desk->enter([&] {
        const auto it = sending_.find(n);
        if (it == sending_.end()) return;
        desk->bury(std::move(it->second));
        sending_.erase(it);
        if (got) answer(got->status, std::move(got->body));
        else answer(0, {});
      });
  });
}

void Web::open_stream(const std::string& path, const std::string& token, Stream handlers) {
  close_stream();
  HttpRequest r = request_for(desk_, "GET", path, token);
  r.headers.emplace_back("Accept", "text/event-stream");
  r.timeout_ms = 0;
  auto s = stream_ = std::make_shared<Streaming>();
  const auto inside = [this, weak = desk_.weak_from_this(), watched = std::weak_ptr(s)](const std::function<void(Streaming&)>& run) {
    if (const auto desk = weak.lock())
      desk->enter([&] {
        const auto mine = watched.lock();
        if (mine && mine == stream_) run(*mine);
      });
  };
  HttpStreamHandlers h;
  h.on_head = [inside](int status, const HttpHeaders&) { inside([&](Streaming& now) { now.status = status; }); };
  h.on_data = [inside, bytes = handlers.bytes](std::string_view data) {
    inside([&](Streaming& now) {
      if (now.status == 200) bytes(data);
      else if (now.refusal.size() < 65536) now.refusal += data;
    });
  };
  h.on_end = [inside, ended = handlers.ended](const Result<Done>&) { inside([&](Streaming& now) { ended(now.status, now.refusal); }); };
  s->call = desk_.ports.http->stream(std::move(r), std::move(h));
}

void Web::close_stream() {
  if (stream_) desk_.bury(std::move(stream_));
  stream_.reset();
}

}  // namespace fechatter
