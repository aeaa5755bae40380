// The one JSON reader, for every described type: what the strict one takes the tolerant one takes alike, what is written is read again
// as the same, and nothing is taken that is no JSON to somebody else's parser. The first line names the type.
#include <nlohmann/json.hpp>
#include "sdk/core/catalog.hpp"
#include "sdk/core/live/live.hpp"
#include "sdk/core/messages/messages.hpp"
#include "sdk/describe/text.hpp"
#include "sdk/protocol/verdict.hpp"
#include "tests/fuzz/engine/fuzz.hpp"

using namespace fechatter;

namespace {
std::vector<const Type*> all_types() {
  std::vector<const Type*> list{&type_of<SyncPage>,      &type_of<SyncChat>,    &type_of<MessagePage>,   &type_of<EventPage>,
                                &type_of<EventView>,     &type_of<HelloFrame>,  &type_of<NudgeFrame>,    &type_of<TypingFrame>,
                                &type_of<PresenceFrame>, &type_of<CursorFrame>, &type_of<ResyncFrame>,   &type_of<ClosingFrame>,
                                &type_of<PollPage>,      &type_of<Frame>,       &type_of<WireErrorBody>, &type_of<MessageView>};
  const auto add = [&](const Type* t) {
    if (t && t->kind == Kind::record) list.push_back(t);
  };
  for (const Feature* f : features()) {
    for (const auto& c : f->commands) add(c.type), add(c.answer_type);
    for (const auto& c : f->calls) add(c.params), add(c.answer);
    for (const auto& e : f->events) add(e.type);
    for (const auto& r : f->rows) add(r.type);
  }
  return list;
}
// A name that is none stands for one of them.
const Type& named(const std::vector<const Type*>& types, std::string_view name) {
  std::size_t sum = 0;
  for (const Type* t : types)
    if (t->name == name) return *t;
  for (const unsigned char c : name) sum = sum * 31 + c;
  return *types[sum % types.size()];
}
std::string written(const Type& type, const void* value) {
  std::string out;
  write_json(type, value, out);
  return out;
}
// What another parser says of the text; it reads no numbers that a double cannot hold, which we skip where nobody asks for them.
bool others_refuse(std::string_view text) { return text.size() < 300 && text.find_first_of("eE") == text.npos && !nlohmann::json::accept(text); }
void check_refusal(const ReadError& e) {
  HOLDS(!e.message.empty() && valid_utf8(e.message) && valid_utf8(e.field));
  HOLDS(e.field.size() < 4096 && e.message.size() < 4096);
}
void check_round_trip(const Type& type, const void* value, Reading how) {
  const std::string out = written(type, value);
  HOLDS(valid_utf8(out));
  HOLDS(nlohmann::json::accept(out));
  const auto again = type.make();
  const auto error = read_json(out, type, again.get(), how);
  HOLDS(!error);
  HOLDS(written(type, again.get()) == out);
  HOLDS(written(type, type.clone(value).get()) == out);
}
}  // namespace

FUZZ_TARGET(json) {
  static const std::vector<const Type*> types = all_types();
  const auto line = std::min(bytes.find('\n'), bytes.size());
  const Type& type = named(types, bytes.substr(0, line));
  const std::string_view text = bytes.substr(std::min(line + 1, bytes.size()));
  const auto strict = type.make(), tolerant = type.make();
  const auto refused = read_json(text, type, strict.get(), Reading::strict), failed = read_json(text, type, tolerant.get(), Reading::tolerant);
  if (refused) check_refusal(*refused);
  if (failed) check_refusal(*failed);
  if (failed) return HOLDS(refused.has_value());
  HOLDS(!others_refuse(text));
  check_round_trip(type, tolerant.get(), Reading::tolerant);
  if (!refused) HOLDS(written(type, strict.get()) == written(type, tolerant.get()));
}
