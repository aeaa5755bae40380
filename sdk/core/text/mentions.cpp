#include "sdk/core/text/mentions.hpp"

#include <algorithm>

#include "sdk/core/text/blocks.hpp"
#include "sdk/core/text/utf8.hpp"

namespace fechatter::text {
namespace {

bool in_name(char32_t c) { return is_word(c) || c == '_' || c == '.' || c == '-' || (c >= 0x80 && is_ignored(c)); }

// "me@example.org", "/@path", "@@" call nobody; Chinese and Japanese put no space before "@".
bool may_follow(char32_t left) { return left != '/' && left != '_' && left != '@' && left != '+' && (!is_word(left) || is_solitary(left)); }

class Finder {
 public:
  void search(std::string_view text) {
    const auto codes = find_code_spans(text);
    auto code = codes.begin();
    for (std::size_t at = 0; at < text.size() && !full();) {
      while (code != codes.end() && code->begin < at) ++code;
      if (code != codes.end() && code->begin == at) {
        at = code->end;
      } else if (text[at] == '\\') {
        at += 2;
      } else {
        at += text[at] == '<' ? id(text, at) : text[at] == '@' && may_follow(before(text, at)) ? name(text, at) : 1;
      }
    }
  }
  bool full() const { return found_.names.size() + found_.ids.size() >= kMaxMentionNames; }
  MentionNames take() { return std::move(found_); }

 private:
  // Each answers how many bytes it has dealt with.
  std::size_t id(std::string_view text, std::size_t at) {
    constexpr std::size_t kSize = 39;  // <@ uuid >
    if (text.size() - at < kSize || text[at + 1] != '@' || text[at + kSize - 1] != '>') return 1;
    const auto id = UserId::parse(text.substr(at + 2, 36));
    if (!id || !*id) return 1;
    if (std::find(found_.ids.begin(), found_.ids.end(), *id) == found_.ids.end()) found_.ids.push_back(*id);
    return kSize;
  }

  std::size_t name(std::string_view text, std::size_t at) {
    if (text.substr(at + 1, 2) == "**") return full_name(text, at);
    std::size_t end = at + 1;
    while (end < text.size()) {
      const CodePoint c = decode(text, end);
      if (!in_name(c.value)) break;
      end += c.size;
    }
    std::string_view name = text.substr(at + 1, end - at - 1);
    name = name.substr(0, name.find_last_not_of(".-") + 1);
    add(name);
    return end - at;
  }

  std::size_t full_name(std::string_view text, std::size_t at) {
    const std::string_view rest = text.substr(at + 3, kMaxMentionNameBytes + 2);
    const std::size_t size = rest.find("**");
    if (size == rest.npos || rest.substr(0, size).find('\n') != rest.npos || rest[0] == ' ') return 3;
    add(rest.substr(0, size));
    return size + 5;
  }

  void add(std::string_view name) {
    if (name.empty() || name.size() > kMaxMentionNameBytes) return;
    std::string folded = fold(name);
    for (std::string_view all : {"channel", "all", "everyone", "here"})
      if (folded == all) {
        found_.everyone = true;
        return;
      }
    if (std::find(found_.names.begin(), found_.names.end(), folded) == found_.names.end()) found_.names.push_back(std::move(folded));
  }

  MentionNames found_;
};

}  // namespace

MentionNames find_mentions(std::string_view body) {
  Finder finder;
  for (const Block& block : split_blocks(body))
    if (block.kind != Block::Kind::code) finder.search(block.text);
  return finder.take();
}

}  // namespace fechatter::text
