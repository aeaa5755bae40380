// One exchange with a server, in two halves: the ear, which belongs to the client's loop and holds its callbacks, and the transfer, which
// belongs to the network thread and holds libcurl's handle.
#pragma once
#include <curl/curl.h>
#include <atomic>
#include <memory>
#include "sdk/runtime/http.hpp"
#include "sdk/runtime/loop.hpp"

namespace fechatter {

/// Held by the call, and lives and dies on the client's loop; what its callbacks hold goes with it.
struct Ear {
  Ear(HttpStreamHandlers handlers, std::function<void(Result<HttpResponse>)> answer) : stream(std::move(handlers)), done(std::move(answer)) {}
  HttpStreamHandlers stream;
  std::function<void(Result<HttpResponse>)> done;
  std::atomic<bool> over{false};  ///< answered or dropped
};

class Transfer : public std::enable_shared_from_this<Transfer> {
 public:
  Transfer(HttpRequest request, Loop& loop, std::weak_ptr<Ear> ear, bool streaming)
      : request_(std::move(request)), loop_(loop), ear_(std::move(ear)), streaming_(streaming) {}
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Why this is no request, before anything is sent. Any thread.
  std::optional<Error> refusal() const;
  /// The last word; any thread.
  void finish(Result<Done>);

  // The network thread's.
  CURL* prepare(const std::string& user_agent, const std::string& ca_file);
  CURL* handle() const { return easy_; }
  void finish(CURLcode);
  void resume() { curl_easy_pause(easy_, CURLPAUSE_CONT); }

  /// Called on the loop when a transfer that was paused, because the loop did not keep up, may go on.
  std::function<void()> on_room;

 private:
  template <class F> void tell(F);
  void tell_head();
  bool tell_data(std::string_view);
  void read_header(std::string_view line);
  static std::size_t on_header(char*, std::size_t, std::size_t, void*);
  static std::size_t on_body(char*, std::size_t, std::size_t, void*);

  HttpRequest request_;
  Loop& loop_;
  std::weak_ptr<Ear> ear_;
  const bool streaming_;
  std::atomic<std::size_t> waiting_{0};  // bytes on their way to the loop
  std::atomic<bool> paused_{false};
  CURL* easy_ = nullptr;
  curl_slist* headers_ = nullptr;
  HttpResponse response_;
  std::size_t head_bytes_ = 0;
  bool head_told_ = false, too_large_ = false;
  char error_[CURL_ERROR_SIZE] = {};
};

}  // namespace fechatter
