#include "sdk/net/transfer.hpp"
#include <algorithm>
#include <cstdlib>

namespace fechatter {
namespace {
constexpr std::size_t kMaxBody = 32u << 20, kMaxHead = 256u << 10;
constexpr long kSilentBytes = 100;                            // a second: less, for so long as the timeout, is nothing
constexpr std::size_t kHigh = 1u << 20, kLow = 256u << 10;  // unread bytes of a stream: pause above, go on below

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool breaks_a_line(const std::string& s) { return s.find_first_of(std::string("\r\n\0", 3)) != std::string::npos; }
}  // namespace

Transfer::~Transfer() {
  curl_slist_free_all(headers_);
  if (easy_) curl_easy_cleanup(easy_);
}

std::optional<Error> Transfer::refusal() const {
  for (const auto& [name, value] : request_.headers)
    if (name.empty() || breaks_a_line(name) || breaks_a_line(value) || name.find(':') != std::string::npos)
      return Error{Code::invalid_argument, "not a header: " + name.substr(0, name.find_first_of("\r\n:")), "headers"};
  const auto is_letter = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (request_.method.empty() || !std::all_of(request_.method.begin(), request_.method.end(), is_letter))
    return Error{Code::invalid_argument, "not a method", "method"};
  CURLU* url = curl_url();
  char* scheme = nullptr;
  const bool parsed = curl_url_set(url, CURLUPART_URL, request_.url.c_str(), 0) == CURLUE_OK && curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK;
  const std::string_view name = scheme ? scheme : "";
  const bool ours = parsed && (name == "http" || name == "https");
  curl_free(scheme), curl_url_cleanup(url);
  if (ours) return std::nullopt;
  return Error{Code::invalid_argument, "not an address of the web: " + request_.url, "url"};
}

// --- to the loop ---

template <class F> void Transfer::tell(F what) {
  loop_.post([ear = ear_, what = std::move(what)]() mutable {
    if (const auto held = ear.lock(); held && !held->over) what(*held);
  });
}

void Transfer::tell_head() {
  if (std::exchange(head_told_, true)) return;
  tell([status = response_.status, headers = response_.headers](const Ear& ear) {
    if (ear.stream.on_head) ear.stream.on_head(status, headers);
  });
}

// False: nothing more for now; libcurl keeps this piece.
bool Transfer::tell_data(std::string_view data) {
  if (waiting_ > kHigh) {
    paused_ = true;
    if (waiting_ > kLow) return false;  // else the loop has caught up meanwhile, and may not have seen the pause
    paused_ = false;
  }
  waiting_ += data.size();
  tell_head();
  loop_.post([self = shared_from_this(), text = std::string(data)] {
    if (const auto held = self->ear_.lock(); held && !held->over && held->stream.on_data) held->stream.on_data(text);
    self->waiting_ -= text.size();
    if (self->waiting_ <= kLow && self->paused_.exchange(false)) self->on_room();
  });
  return true;
}

void Transfer::finish(Result<Done> result) {
  if (streaming_ && result) tell_head();
  tell([result = std::move(result), response = std::move(response_)](Ear& ear) mutable {  // held here: the call may go while it is answered
    if (ear.over.exchange(true)) return;
    if (ear.stream.on_end) ear.stream.on_end(result);
    if (!ear.done) return;
    if (result) ear.done(std::move(response));
    else ear.done(result.error());
  });
}

void Transfer::finish(CURLcode code) {
  if (code == CURLE_OK) return finish(Done{});
  if (too_large_) return finish(Error{Code::too_large, "the answer is larger than 32 MiB, or its head than 256 KiB", {}});
  finish(Error{Code::unavailable, std::string("network: ") + (*error_ ? error_ : curl_easy_strerror(code)), {}});
}

// --- from libcurl ---

void Transfer::read_header(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.substr(0, 5) == "HTTP/") {  // also after "100 Continue"
    response_.headers.clear();
    const auto space = line.find(' ');
    response_.status = space == line.npos ? 0 : std::atoi(std::string(line.substr(space + 1, 3)).c_str());
  } else if (const auto colon = line.find(':'); colon != line.npos) {
    auto value = line.substr(colon + 1);
    while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
    while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
    response_.headers.emplace_back(line.substr(0, colon), value);
  }
}
std::size_t Transfer::on_header(char* data, std::size_t one, std::size_t n, void* user) {
  auto& t = *static_cast<Transfer*>(user);
  if ((t.head_bytes_ += one * n) > kMaxHead) return t.too_large_ = true, 0;
  t.read_header({data, one * n});
  return one * n;
}
std::size_t Transfer::on_body(char* data, std::size_t one, std::size_t n, void* user) {
  auto& t = *static_cast<Transfer*>(user);
  const std::size_t size = one * n;
  if (t.streaming_) return t.tell_data({data, size}) ? size : static_cast<std::size_t>(CURL_WRITEFUNC_PAUSE);
  if (t.response_.body.size() + size > kMaxBody) return t.too_large_ = true, 0;
  t.response_.body.append(data, size);
  return size;
}

CURL* Transfer::prepare(const std::string& user_agent, const std::string& ca_file) {
  CURL* e = easy_ = curl_easy_init();
  const HttpRequest& r = request_;
  const auto set = [e](CURLoption option, auto value) { curl_easy_setopt(e, option, value); };
  set(CURLOPT_URL, r.url.c_str());
  if (!r.body.empty() || r.method == "POST" || r.method == "PUT" || r.method == "PATCH") {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(r.body.size()));
    set(CURLOPT_POSTFIELDS, r.body.data());
  }
  set(CURLOPT_CUSTOMREQUEST, r.method.c_str());
  if (r.method == "HEAD") set(CURLOPT_NOBODY, 1L);  // else it waits for the body that the length promises
  for (const auto& [name, value] : r.headers)       // "name:" would remove a header, "name;" sends one without a value
    headers_ = curl_slist_append(headers_, (value.empty() ? name + ";" : name + ": " + value).c_str());
  headers_ = curl_slist_append(headers_, "Expect:");
  set(CURLOPT_HTTPHEADER, headers_);
  set(CURLOPT_USERAGENT, user_agent.c_str());
  if (!ca_file.empty()) set(CURLOPT_CAINFO, ca_file.c_str());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_ACCEPT_ENCODING, "");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(r.connect_timeout_ms));
  // Of silence: a page that takes minutes on a slow line comes, where a bound for the whole of it would ask for the same page for ever.
  set(CURLOPT_LOW_SPEED_LIMIT, kSilentBytes);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>((r.timeout_ms + 999) / 1000));
  set(CURLOPT_ERRORBUFFER, error_);
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(CURLOPT_PRIVATE, static_cast<void*>(this));
  return e;
}

}  // namespace fechatter
