#include "tests/unit/kit/kit_server.hpp"
#include <unistd.h>
#include <chrono>
#include <future>

namespace fechatter {
using namespace std::chrono_literals;

KitServer::KitServer(const std::function<void(kit::ServerOptions&)>& change) {
  static int next = static_cast<int>(::getpid()) % 9000;
  for (int tries = 0; tries < 200 && !server_; ++tries) {
    kit::ServerOptions options;
    if (change) change(options);
    options.port = port_ = static_cast<std::uint16_t>(20000 + ++next % 10000);
    if (auto opened = kit::Server::open(options, log_)) server_ = std::move(*opened);
  }
  server_->start([this](kit::Request&& request, std::shared_ptr<kit::Reply> r) { handle(std::move(request), std::move(r)); });
}

KitServer::~KitServer() {
  on_loop([this] { reply_.reset(), channel_.reset(); });
  server_->stop();
}

void KitServer::on_loop(std::function<void()> f) {
  std::promise<void> done;
  server_->loop().post([&] { f(), done.set_value(); });
  done.get_future().wait();
}

std::shared_ptr<kit::Reply> KitServer::reply() {
  std::shared_ptr<kit::Reply> out;
  on_loop([&] { out = std::move(reply_); });
  return out;
}
std::shared_ptr<kit::WsChannel> KitServer::channel() {
  std::shared_ptr<kit::WsChannel> out;
  on_loop([&] { out = std::move(channel_); });
  return out;
}

void KitServer::report(const std::string& what) {
  const std::lock_guard lock(mutex_);
  ++counts_[what];
  changed_.notify_all();
}
int KitServer::count(const std::string& what, int least) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, 5s, [&] { return counts_[what] >= least; });
  return counts_[what];
}
int KitServer::count(const std::string& what) { return count(what, 0); }

bool KitServer::eventually(const std::function<bool()>& test) {
  const auto until = std::chrono::steady_clock::now() + 5s;
  bool holds = false;
  while (!holds && std::chrono::steady_clock::now() < until) on_loop([&] { holds = test(); });
  return holds;
}

void KitServer::handle(kit::Request&& r, std::shared_ptr<kit::Reply> answer) {
  if (r.path == "/echo") return answer->send(200, {{"content-type", "text/plain"}}, r.method + ' ' + r.query + ' ' + r.body);
  if (r.path == "/ip") return answer->send(200, {}, r.remote_ip + ' ' + std::string(r.header("x-asked")));
  if (r.path == "/nothing") return answer->send(204, {}, {});
  if (r.path == "/forget") return;
  if (r.path == "/ws") return accept_websocket(r, *answer);
  answer->on_close([this] { report("closed"); });
  if (r.path == "/stream") answer->start(200, {{"content-type", "text/event-stream"}});
  reply_ = std::move(answer);
  report("held");
}

void KitServer::accept_websocket(const kit::Request& r, kit::Reply& answer) {
  if (r.header("authorization").empty()) return answer.send(401, {}, "who are you?");
  auto made = answer.upgrade_websocket(std::string(r.header("sec-websocket-protocol")));
  if (!made) return;
  made->on_text([this, weak = std::weak_ptr(made)](std::string_view text) {
    report("text");
    if (const auto c = weak.lock()) text == "bye" ? c->close(1000, "as you wish") : c->send(shared(std::string(text)));
  });
  made->on_close([this] { report("closed"); });
  channel_ = std::move(made);
  report("held");
}

}  // namespace fechatter
