// What is asked of the server and answered once: search, history, any call.
#include "sdk/client/client_impl.hpp"
#include "sdk/client/timeline/message.hpp"

namespace fechatter {
namespace {
struct SearchAnswer {
  std::vector<SearchItem> items;
};
}  // namespace
}  // namespace fechatter
FECHATTER_RECORD(fechatter::SearchAnswer, "search_answer", FECHATTER_FIELD(items));

namespace fechatter {
namespace {
Result<std::vector<SearchHit>> hits_of(const Judgement& j, const std::string& body) {
  if (j.verdict != Verdict::acknowledged) return j.error;
  SearchAnswer answer;
  if (auto error = read_json(body, answer, Reading::tolerant)) return Error{Code::unavailable, error->message};
  std::vector<SearchHit> hits;
  for (const SearchItem& item : answer.items) {
    SearchHit hit{message_of(item.message), {}};
    for (const auto& h : item.highlights) hit.highlights.push_back({static_cast<std::size_t>(h.begin), static_cast<std::size_t>(h.end)});
    hits.push_back(std::move(hit));
  }
  return hits;
}

// The newest `limit` messages below `before`, where all of them are held and none is stale; `anyway`: as many as are held in one piece.
std::optional<Result<std::vector<Message>>> held_page(ClientCore& core, ChatId chat, std::int64_t before, std::size_t limit, bool anyway) {
  Cache& cache = *core.desk()->cache;
  const ChatState* s = cache.chat(chat);
  if (!s) return std::nullopt;
  std::int64_t hi = before > 0 ? std::min(before - 1, s->sync.known_seq) : s->sync.known_seq;
  std::int64_t lo = std::max(std::max<std::int64_t>(1, s->sync.visible_from), hi - static_cast<std::int64_t>(limit) + 1);
  for (std::int64_t seq = hi; !anyway && seq >= lo;) {
    const HeldRange* r = s->coverage.at(seq);
    if (!r || !r->fresh()) return std::nullopt;
    seq = r->lo - 1;
  }
  while (hi >= lo && !s->coverage.at(hi)) --hi;
  lo = std::max(lo, s->coverage.run_start(hi));
  std::vector<Message> list;
  std::optional<Error> unread;
  const auto mine = own_reactions(cache, chat, core.desk()->self(), &unread);
  for (const auto& row : cache.messages(chat, lo, hi, 0, &unread)) list.push_back(message_of(*row, mine));
  if (!unread) return list;
  core.desk()->failed(*unread);
  return *unread;
}
}  // namespace

Handle Client::search(std::string query, Completion<std::vector<SearchHit>> done) {
  return impl_->start<std::vector<SearchHit>>(std::move(done), [&](ClientCore& core, const auto& p) {
    core.session().ask({"GET", "/search?q=" + percent(query), {}}, {},
                       [desk = core.desk().get(), p](const Judgement& j, const std::string& body) { desk->answer(p, hits_of(j, body)); });
  });
}

Handle Client::history(ChatId chat, std::int64_t before, std::size_t limit, Completion<std::vector<Message>> done) {
  limit = std::clamp<std::size_t>(limit, 1, 200);
  return impl_->start<std::vector<Message>>(std::move(done), [&](ClientCore& core, const auto& p) {
    if (auto held = held_page(core, chat, before, limit, false)) return core.desk()->answer(p, std::move(*held));
    const PageWant want{PageWant::before, chat, before, 0, 0, 0, static_cast<std::int64_t>(limit), true};
    core.pages().fetch(want, [c = &core, chat, before, limit, p](const Result<Done>& fetched) {
      if (!fetched) return c->desk()->answer(p, Result<std::vector<Message>>(fetched.error()));
      auto held = held_page(*c, chat, before, limit, true);
      c->desk()->answer(p, held ? std::move(*held) : Result<std::vector<Message>>(std::vector<Message>{}));
    });
  });
}

Handle Client::call(std::string method, std::string json, Completion<std::string> done) {
  return impl_->start<std::string>(std::move(done), [&](ClientCore& core, const auto& p) {
    const auto request = api_call(method, json);
    if (!request) return core.desk()->answer(p, Result<std::string>(request.error()));
    const std::string key = request->method == "GET" || request->creates ? std::string{} : core.desk()->template new_id<CommandId>().str();
    core.session().ask(*request, key, [desk = core.desk().get(), p](const Judgement& j, const std::string& body) {
      const auto ours = said_by_us(j, body);
      desk->answer(p, ours ? Result<std::string>(body) : Result<std::string>(ours.error()));
    });
  });
}

}  // namespace fechatter
