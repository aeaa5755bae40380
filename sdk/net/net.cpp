#include "sdk/net/net.hpp"
#include <map>
#include <mutex>
#include <thread>
#include <vector>
#include "sdk/net/transfer.hpp"
#include "sdk/runtime/thread.hpp"

namespace fechatter {

using TransferRef = std::shared_ptr<Transfer>;

struct Net::Impl {
  Options options;
  CURLM* multi = nullptr;  // from the thread's start on; null until then
  std::mutex mutex;
  struct Orders {
    std::vector<TransferRef> begin, resume, drop;
  };
  Orders orders;
  bool stopping = false;
  std::map<Transfer*, TransferRef> running;  // the network thread's
  std::thread thread;

  void order(std::vector<TransferRef> Orders::* which, TransferRef t) {
    std::lock_guard lock(mutex);
    if (stopping) return;
    (orders.*which).push_back(std::move(t));
    wake();
  }
  void wake() {
    if (multi) curl_multi_wakeup(multi);
  }
  void take_orders() {
    Orders now;
    {
      std::lock_guard lock(mutex);
      std::swap(now, orders);
    }
    for (auto& t : now.begin) {
      curl_multi_add_handle(multi, t->prepare(options.user_agent, options.ca_file));
      running.emplace(t.get(), t);
    }
    for (auto& t : now.resume)
      if (running.contains(t.get())) t->resume();
    for (auto& t : now.drop)
      if (running.erase(t.get())) curl_multi_remove_handle(multi, t->handle());
  }
  void collect() {
    int left = 0;
    while (CURLMsg* m = curl_multi_info_read(multi, &left)) {
      if (m->msg != CURLMSG_DONE) continue;
      void* user = nullptr;
      curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &user);
      const CURLcode code = m->data.result;
      curl_multi_remove_handle(multi, m->easy_handle);
      if (const auto node = running.extract(static_cast<Transfer*>(user))) node.mapped()->finish(code);
    }
  }
  bool goes_on() {
    std::lock_guard lock(mutex);
    return !stopping;
  }
  // libcurl takes its time: whoever starts the network need not wait for it.
  void begin() {
    static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
    (void)once;
    CURLM* fresh = curl_multi_init();
    curl_multi_setopt(fresh, CURLMOPT_MAXCONNECTS, 1000L);
    std::lock_guard lock(mutex);
    multi = fresh;
  }
  void run() {
    enter_thread("fechatter-net");
    begin();
    while (goes_on()) {
      take_orders();
      int active = 0;
      curl_multi_perform(multi, &active);
      collect();
      curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
    }
    for (auto& [raw, t] : running) curl_multi_remove_handle(multi, t->handle());
    running.clear();
  }
};

namespace {
class Call : public HttpCall {
 public:
  Call(std::shared_ptr<Net::Impl> net, TransferRef t, std::shared_ptr<Ear> ear) : net_(std::move(net)), transfer_(std::move(t)), ear_(std::move(ear)) {}
  ~Call() override {
    if (!ear_->over.exchange(true)) net_->order(&Net::Impl::Orders::drop, transfer_);
  }

 private:
  std::shared_ptr<Net::Impl> net_;
  TransferRef transfer_;
  std::shared_ptr<Ear> ear_;
};

class Client : public Http {
 public:
  Client(std::shared_ptr<Net::Impl> net, Loop& loop) : net_(std::move(net)), loop_(loop) {}
  std::unique_ptr<HttpCall> request(HttpRequest r, std::function<void(Result<HttpResponse>)> done) override {
    return begin(std::move(r), std::make_shared<Ear>(HttpStreamHandlers{}, std::move(done)), false);
  }
  std::unique_ptr<HttpCall> stream(HttpRequest r, HttpStreamHandlers handlers) override {
    return begin(std::move(r), std::make_shared<Ear>(std::move(handlers), nullptr), true);
  }

 private:
  std::unique_ptr<HttpCall> begin(HttpRequest r, std::shared_ptr<Ear> ear, bool streaming) {
    const auto t = std::make_shared<Transfer>(std::move(r), loop_, ear, streaming);
    t->on_room = [net = std::weak_ptr(net_), raw = std::weak_ptr(t)] {
      const auto here = net.lock();
      if (auto still = raw.lock(); here && still) here->order(&Net::Impl::Orders::resume, std::move(still));
    };
    auto call = std::make_unique<Call>(net_, t, std::move(ear));
    if (auto refusal = t->refusal()) t->finish(*refusal);
    else net_->order(&Net::Impl::Orders::begin, t);
    return call;
  }
  std::shared_ptr<Net::Impl> net_;
  Loop& loop_;
};
}  // namespace

std::unique_ptr<Net> Net::start(Options options) {
  auto impl = std::make_shared<Impl>();
  impl->options = std::move(options);
  impl->thread = std::thread([raw = impl.get()] { raw->run(); });
  return std::unique_ptr<Net>(new Net(std::move(impl)));
}
Net::Net(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Net::~Net() {
  Impl::Orders unheard;
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    std::swap(unheard, impl_->orders);
    impl_->wake();
  }
  impl_->thread.join();
  curl_multi_cleanup(impl_->multi);
  impl_->multi = nullptr;
}
std::unique_ptr<Http> Net::client(Loop& loop) { return std::make_unique<Client>(impl_, loop); }

}  // namespace fechatter
