// The calls that only read: each a function over one snapshot.
#pragma once
#include "sdk/core/access.hpp"
#include "sdk/core/messages/messages.hpp"
#include "sdk/service/routes/call.hpp"

namespace fechatter {

struct ReadContext {
  Snapshot& db;
  UserId actor;
  SessionId session;
  Time now;
  AnyId epoch;
  Page page;
  std::vector<std::int64_t> unreadable = {};  ///< positions of the log that were met and could not be read
};
/// The answer as JSON, whole.
using Answer = Result<std::string>;
using ReadCall = Answer (*)(ReadContext&, const void* params);

/// By the call's name; null: not a reading call.
ReadCall find_read(std::string_view name);

/// The log as a described row.
struct LogRow {
  std::int64_t pos = 0, stream_kind = 0;
  AnyId stream;
  std::int64_t rev = 0, seq = 0;
  std::string type;
  UserId actor;
  CommandId command_id;
  AnyId subject;
  Time at;
  std::string payload;
};
/// What cannot be read goes out without its content, like what was redacted, and its position into `unreadable`: a broken row stops no
/// reader.
LogEvent log_event(const LogRow&, std::vector<std::int64_t>& unreadable);
Result<std::vector<LogEvent>> log_after(Snapshot&, std::int64_t position, std::int64_t limit, std::vector<std::int64_t>* unreadable = nullptr);

/// A page ends when it comes to so many bytes of JSON, wherever its call lets the caller go on from there: what one request costs is then
/// not a matter of what people write. It may be longer by its last item.
constexpr std::size_t kPageBytes = 4 << 20;

/// {"items": […], "next": …}; `views` may hold one more than the page: then there is a next one, named by `key` of the page's last.
/// `behind`: where to go on all the same, when the page was not filled; empty: nowhere.
template <class T, class Key> std::string listing(std::vector<std::shared_ptr<const T>> views, const Page& page, Key key, const std::string& behind = {}) {
  std::string json = "{\"items\":[";
  std::size_t n = 0;
  for (; n < views.size() && n < static_cast<std::size_t>(page.limit) && json.size() < kPageBytes; ++n) {
    if (n) json += ',';
    write_json(type_of<T>, views[n].get(), json);
  }
  const bool more = n < views.size();
  json += "],\"next\":";
  if (more) write_string(key(*views[n - 1]), json);
  else if (!behind.empty()) write_string(behind, json);
  else json += "null";
  return json + '}';
}
/// The id that a page begins after; the nil id at the beginning; invalid_argument for anything that is no id.
Result<AnyId> page_after(const Page&);
/// Of lists by time: the cursor is "<milliseconds>.<id>" of the last item. Both null at the beginning; invalid_argument as above.
struct Place {
  Value at, id;
};
std::string place_text(Time, const AnyId&);
Result<Place> page_place(const Page&);

/// A list of texts as a parameter that SQL looks into with json_each.
Value json_list(const std::vector<std::string>&);

Result<std::shared_ptr<const ChatView>> chat_view(ReadContext&, ChatId);

// In files of their own.
Answer read_sync(ReadContext&, const void*);
Answer read_search(ReadContext&, const void*);
Answer read_list_messages(ReadContext&, const void*);
Answer read_list_events(ReadContext&, const void*);
Answer read_message(ReadContext&, const void*);
Answer read_history(ReadContext&, const void*);
/// Sets `mine` on the reactions of messages of one chat.
Result<Done> mark_mine(ReadContext&, ChatId, std::vector<MessageView>&);
std::int64_t visible_from(ReadContext&, ChatId);

}  // namespace fechatter

FECHATTER_RECORD(fechatter::LogRow, "log", FECHATTER_FIELD(pos), FECHATTER_FIELD(stream_kind), FECHATTER_FIELD(stream), FECHATTER_FIELD(rev),
                 FECHATTER_FIELD(seq), FECHATTER_FIELD(type), FECHATTER_FIELD(actor), FECHATTER_FIELD(command_id), FECHATTER_FIELD(subject),
                 FECHATTER_FIELD(at), FECHATTER_FIELD(payload));
