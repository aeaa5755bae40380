#include "sdk/net/net.hpp"
#include <curl/curl.h>
#include <pthread.h>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

namespace fechatter {
namespace {
constexpr std::size_t kMaxBody = 32u << 20;

Error transport_error(CURLcode code, const char* text) {
  const char* why = text && *text ? text : curl_easy_strerror(code);
  return {Code::unavailable, std::string("network: ") + why, {}};
}

// One request. `alive` is cleared on the client's loop; the transfer itself belongs to the network thread.
struct Transfer : std::enable_shared_from_this<Transfer> {
  HttpRequest request;
  HttpStreamHandlers stream;                             // streams
  std::function<void(Result<HttpResponse>)> done;        // ordinary requests
  Loop* loop = nullptr;
  std::atomic<bool> alive{true};
  // The network thread's:
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  HttpResponse response;
  bool head_sent = false, too_large = false;
  char error[CURL_ERROR_SIZE] = {};

  ~Transfer() {
    curl_slist_free_all(headers);
    if (easy) curl_easy_cleanup(easy);
  }
  bool streaming() const { return !done; }
  void on_loop(std::function<void()> f) {
    loop->post([self = shared_from_this(), f = std::move(f)] {
      if (self->alive) f();
    });
  }
  void send_head() {
    if (std::exchange(head_sent, true) || !stream.on_head) return;
    on_loop([this, status = response.status, h = response.headers] { stream.on_head(status, h); });
  }
  void finish(Result<Done> result) {
    if (streaming()) {
      if (result) send_head();
      on_loop([this, result] {
        alive = false;
        if (auto f = std::move(stream.on_end)) f(result);
      });
      return;
    }
    on_loop([this, result] {
      alive = false;
      auto f = std::move(done);
      if (result) f(std::move(response));
      else f(result.error());
    });
  }
};

std::size_t on_header(char* data, std::size_t one, std::size_t n, void* user) {
  auto& t = *static_cast<Transfer*>(user);
  std::string_view line(data, one * n);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.substr(0, 5) == "HTTP/") {  // also after "100 Continue"
    t.response.headers.clear();
    const auto space = line.find(' ');
    t.response.status = space == line.npos ? 0 : std::atoi(std::string(line.substr(space + 1, 3)).c_str());
  } else if (const auto colon = line.find(':'); colon != line.npos) {
    auto value = line.substr(colon + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    t.response.headers.emplace_back(line.substr(0, colon), value);
  }
  return one * n;
}
std::size_t on_body(char* data, std::size_t one, std::size_t n, void* user) {
  auto& t = *static_cast<Transfer*>(user);
  const std::size_t size = one * n;
  if (t.streaming()) {
    t.send_head();
    t.on_loop([&t, text = std::string(data, size)] {
      if (t.stream.on_data) t.stream.on_data(text);
    });
    return size;
  }
  if (t.response.body.size() + size > kMaxBody) return t.too_large = true, 0;
  t.response.body.append(data, size);
  return size;
}

void set_up(Transfer& t, const Net::Options& options) {
  CURL* e = t.easy = curl_easy_init();
  const HttpRequest& r = t.request;
  const auto set = [e](CURLoption option, auto value) { curl_easy_setopt(e, option, value); };
  set(CURLOPT_URL, r.url.c_str());
  set(CURLOPT_CUSTOMREQUEST, r.method.c_str());
  if (!r.body.empty() || r.method == "POST" || r.method == "PUT" || r.method == "PATCH") {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(r.body.size()));
    set(CURLOPT_POSTFIELDS, r.body.data());
    set(CURLOPT_CUSTOMREQUEST, r.method.c_str());
  }
  for (const auto& [name, value] : r.headers) t.headers = curl_slist_append(t.headers, (name + ": " + value).c_str());
  t.headers = curl_slist_append(t.headers, "Expect:");
  set(CURLOPT_HTTPHEADER, t.headers);
  set(CURLOPT_USERAGENT, options.user_agent.c_str());
  if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_ACCEPT_ENCODING, "");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(r.connect_timeout_ms));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(r.timeout_ms));
  if (r.idle_timeout_ms > 0) {
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>((r.idle_timeout_ms + 999) / 1000));
  }
  set(CURLOPT_ERRORBUFFER, t.error);
  set(CURLOPT_HEADERFUNCTION, on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&t));
  set(CURLOPT_WRITEFUNCTION, on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&t));
  set(CURLOPT_PRIVATE, static_cast<void*>(&t));
}
}  // namespace

struct Net::Impl {
  Options options;
  CURLM* multi = nullptr;
  std::mutex mutex;
  std::vector<std::shared_ptr<Transfer>> added, dropped;
  bool stopping = false;
  std::map<Transfer*, std::shared_ptr<Transfer>> running;  // the network thread's
  std::thread thread;

  void add(std::shared_ptr<Transfer> t) {
    {
      std::lock_guard lock(mutex);
      if (stopping) return;
      added.push_back(std::move(t));
    }
    curl_multi_wakeup(multi);
  }
  void drop(std::shared_ptr<Transfer> t) {
    {
      std::lock_guard lock(mutex);
      if (stopping) return;
      dropped.push_back(std::move(t));
    }
    curl_multi_wakeup(multi);
  }
  void take_orders() {
    std::vector<std::shared_ptr<Transfer>> fresh, gone;
    {
      std::lock_guard lock(mutex);
      fresh.swap(added), gone.swap(dropped);
    }
    for (auto& t : fresh) {
      set_up(*t, options);
      curl_multi_add_handle(multi, t->easy);
      running.emplace(t.get(), t);
    }
    for (auto& t : gone)
      if (running.erase(t.get())) curl_multi_remove_handle(multi, t->easy);
  }
  void collect() {
    int left = 0;
    while (CURLMsg* m = curl_multi_info_read(multi, &left)) {
      if (m->msg != CURLMSG_DONE) continue;
      void* user = nullptr;
      curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &user);
      const auto it = running.find(static_cast<Transfer*>(user));
      const CURLcode code = m->data.result;
      curl_multi_remove_handle(multi, m->easy_handle);
      if (it == running.end()) continue;
      const auto t = it->second;
      running.erase(it);
      if (code == CURLE_OK) t->finish(Done{});
      else if (t->too_large) t->finish(Error{Code::too_large, "the answer is larger than 32 MiB", {}});
      else t->finish(transport_error(code, t->error));
    }
  }
  void run() {
    pthread_setname_np(pthread_self(), "fechatter-net");
    for (;;) {
      {
        std::lock_guard lock(mutex);
        if (stopping) break;
      }
      take_orders();
      int active = 0;
      curl_multi_perform(multi, &active);
      collect();
      curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
    }
    for (auto& [raw, t] : running) curl_multi_remove_handle(multi, t->easy);
    running.clear();
  }
};

namespace {
class Call : public HttpCall {
 public:
  Call(std::shared_ptr<Net::Impl> net, std::shared_ptr<Transfer> t) : net_(std::move(net)), transfer_(std::move(t)) {}
  ~Call() override {
    if (transfer_->alive.exchange(false)) net_->drop(transfer_);
  }

 private:
  std::shared_ptr<Net::Impl> net_;
  std::shared_ptr<Transfer> transfer_;
};

class Client : public Http {
 public:
  Client(std::shared_ptr<Net::Impl> net, Loop& loop) : net_(std::move(net)), loop_(loop) {}
  std::unique_ptr<HttpCall> request(HttpRequest r, std::function<void(Result<HttpResponse>)> done) override {
    auto t = std::make_shared<Transfer>();
    t->request = std::move(r), t->done = std::move(done), t->loop = &loop_;
    return begin(std::move(t));
  }
  std::unique_ptr<HttpCall> stream(HttpRequest r, HttpStreamHandlers handlers) override {
    auto t = std::make_shared<Transfer>();
    t->request = std::move(r), t->stream = std::move(handlers), t->loop = &loop_;
    return begin(std::move(t));
  }

 private:
  std::unique_ptr<HttpCall> begin(std::shared_ptr<Transfer> t) {
    auto call = std::make_unique<Call>(net_, t);
    net_->add(std::move(t));
    return call;
  }
  std::shared_ptr<Net::Impl> net_;
  Loop& loop_;
};
}  // namespace

std::unique_ptr<Net> Net::start(Options options) {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)once;
  auto impl = std::make_shared<Impl>();
  impl->options = std::move(options);
  impl->multi = curl_multi_init();
  curl_multi_setopt(impl->multi, CURLMOPT_MAXCONNECTS, 1000L);
  impl->thread = std::thread([raw = impl.get()] { raw->run(); });
  return std::unique_ptr<Net>(new Net(std::move(impl)));
}
Net::Net(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Net::~Net() {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    impl_->added.clear(), impl_->dropped.clear();
  }
  curl_multi_wakeup(impl_->multi);
  impl_->thread.join();
  curl_multi_cleanup(impl_->multi);
  impl_->multi = nullptr;
}
std::unique_ptr<Http> Net::client(Loop& loop) { return std::make_unique<Client>(impl_, loop); }

}  // namespace fechatter
