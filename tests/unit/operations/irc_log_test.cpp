#include "server/fechatterd/operations/irc_log.hpp"
#include <catch2/catch.hpp>
#include <random>
#include "sdk/core/text/utf8.hpp"

using namespace fechatter;

namespace {
std::string words(const char* raw) {
  const IrcLine l = parse_irc_line(raw);
  return l.kind == IrcLine::unknown ? "unknown" : l.kind == IrcLine::status ? "status" : std::to_string(l.minute) + ' ' + l.nick + '|' + l.text;
}
}  // namespace

TEST_CASE("what is said and done, by whom and when") {
  CHECK(words("[09:14] <crimsun> kleedrac: I'm afraid not.") == "554 crimsun|kleedrac: I'm afraid not.");
  CHECK(words("[00:00] <|QuaD-> a > b\r") == "0 |QuaD-|a > b");
  CHECK(words("[23:59]  * nick waves at all") == "1439 nick|*waves at all*");
  CHECK(words("[10:00] <a>no blank") == "600 a|no blank");
}

TEST_CASE("what says nothing, and what is no log") {
  for (const char* status : {"", "   ", "=== nick [~a@b]  has joined #ubuntu", "[10:00] === mode/#ubuntu", "[10:00] <nick> ", "[10:00]  * nick"})
    CHECK(words(status) == "status");
  for (const char* bad :
       {"nonsense", "[10:00]", "[1:00] <a> b", "[24:00] <a> b", "[10:60] <a> b", "[10:00] <a b", "[10:00] <> b", "[10:00] a b", "[10:00]  *", "<a> b"})
    CHECK((words(bad) == "unknown" || std::string(bad) == "[10:00]"));
}

TEST_CASE("broken bytes are repaired, and any bytes give a line") {
  const IrcLine l = parse_irc_line("[10:00] <n\xff> caf\xe9");
  CHECK(l.repaired);
  CHECK(l.text == "caf\xef\xbf\xbd");
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string raw = "[10:00] <nick> text * of a line";
    for (std::size_t n = random() % 6; n-- > 0;) raw[random() % raw.size()] = static_cast<char>(random());
    raw.resize(random() % (raw.size() + 1));
    const IrcLine line = parse_irc_line(raw);
    REQUIRE(text::is_valid(line.nick));
    REQUIRE(text::is_valid(line.text));
    if (line.kind == IrcLine::message) REQUIRE_FALSE((line.nick.empty() || line.text.empty()));
  }
}
