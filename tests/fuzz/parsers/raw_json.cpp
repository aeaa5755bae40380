// JSON of any shape that passes through (an event's payload), and strings: the same to another parser before and behind us.
#include <algorithm>
#include <nlohmann/json.hpp>
#include "sdk/describe/json.hpp"
#include "sdk/describe/text.hpp"
#include "tests/fuzz/engine/fuzz.hpp"

using namespace fechatter;

namespace {
struct Carrier {
  Json value;
};
struct Words {
  std::string value;
};
}  // namespace
FECHATTER_RECORD(Carrier, "carrier", FECHATTER_FIELD(value));
FECHATTER_RECORD(Words, "words", FECHATTER_FIELD(value));

namespace {
std::size_t brackets(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return c == '[' || c == '{'; }));
}
// What is taken or refused by one of us only, besides what is no JSON: depth, U+0000 (their end of a text), numbers near a double's end, keys and texts beyond
// our bounds.
bool plain(std::string_view text) {
  return text.size() < 300 && brackets(text) < 28 && text.find("u0000") == text.npos && text.find('.') == text.npos && text.find_first_of("eE") == text.npos &&
      !text.starts_with("\xef") && text.find('\0') == text.npos;
}
void check_passing(std::string_view text) {
  Carrier carrier;
  const bool taken = !read_json("{\"value\":" + std::string(text) + "}", carrier, Reading::strict);
  const auto theirs = nlohmann::json::parse(text, nullptr, false);
  if (plain(text)) HOLDS(taken == !theirs.is_discarded() || text.find_first_not_of(" \t\r\n") == text.npos);
  if (!taken) return;
  HOLDS(valid_utf8(carrier.value.text));
  if (!theirs.is_discarded()) HOLDS(nlohmann::json::parse(carrier.value.text) == theirs);
  Carrier again;
  HOLDS(!read_json(to_json(carrier), again, Reading::strict));
  HOLDS(again.value == carrier.value);
}
void check_string(std::string_view text) {
  std::string json;
  write_string(text, json);
  Words words;
  const auto error = read_json("{\"value\":" + json + "}", words, Reading::strict);
  const bool good = valid_utf8(text) && text.find('\0') == text.npos && text.size() <= 65536;
  HOLDS(good == !error);
  if (!good) return;
  HOLDS(words.value == text);
  HOLDS(nlohmann::json::parse(json).get<std::string>() == text);
}
}  // namespace

FUZZ_TARGET(raw_json) {
  check_passing(bytes);
  check_string(bytes);
}
