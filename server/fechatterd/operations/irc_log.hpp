// The lines of an IRC log, as irssi and the archives of Ubuntu write them: "[HH:MM] <nick> text", "[HH:MM]  * nick action", "=== status".
#pragma once
#include <string>
#include <string_view>

namespace fechatter {

struct IrcLine {
  enum Kind { message, status, unknown } kind = unknown;  ///< status: joins, leaves, modes, and what says nothing
  int minute = 0;           ///< of the day
  std::string nick, text;   ///< UTF-8 without U+0000; a nick is not blank, but may have blanks around it; an action's text stands between asterisks
  bool repaired = false;    ///< bytes that were no UTF-8 became U+FFFD
};
/// Without its line end. Total: whatever is in no such form is `unknown`.
IrcLine parse_irc_line(std::string_view raw);

}  // namespace fechatter
