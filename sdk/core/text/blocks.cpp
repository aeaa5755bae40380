#include "sdk/core/text/blocks.hpp"

#include <algorithm>
#include <utility>

namespace fechatter::text {
namespace {

using Lines = std::vector<std::string_view>;

Lines split_lines(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::size_t indent_of(std::string_view line) { return std::min(line.find_first_not_of(" \t"), line.size()); }
std::string_view trim(std::string_view s) {
  s.remove_prefix(indent_of(s));
  return s.substr(0, s.find_last_not_of(" \t") + 1);
}
bool blank(std::string_view line) { return indent_of(line) == line.size(); }

// ``` or ~~~, three or more, indented by at most three.
struct Fence {
  char mark = 0;
  std::size_t indent = 0, length = 0;
  std::string_view info;
};
Fence fence_of(std::string_view line) {
  Fence f;
  f.indent = indent_of(line);
  line.remove_prefix(f.indent);
  if (f.indent > 3 || line.empty() || (line[0] != '`' && line[0] != '~')) return {};
  f.length = std::min(line.find_first_not_of(line[0]), line.size());
  f.info = trim(line.substr(f.length));
  if (f.length < 3 || (line[0] == '`' && f.info.find('`') != std::string_view::npos)) return {};
  f.mark = line[0];
  return f;
}

// "- text", "* text", "12. text": what follows the mark, and the number.
struct Marker {
  bool found = false, ordered = false;
  std::string_view number, text;
};
Marker marker_of(std::string_view line) {
  line = line.substr(indent_of(line));
  const std::size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
  if (digits > 9 || line.size() < digits + 3) return {};
  const bool mark = digits ? line[digits] == '.' : line[0] == '-' || line[0] == '*';
  if (!mark || line[digits + 1] != ' ' || blank(line.substr(digits + 2))) return {};
  return {true, digits > 0, line.substr(0, digits), trim(line.substr(digits + 2))};
}

bool quoted(std::string_view line) { return indent_of(line) <= 3 && indent_of(line) < line.size() && line[indent_of(line)] == '>'; }
std::string_view unquote(std::string_view line) {
  line.remove_prefix(indent_of(line) + 1);
  if (!line.empty() && line[0] == ' ') line.remove_prefix(1);
  return line;
}

class Splitter {
 public:
  explicit Splitter(std::vector<Block>& out) : out_(out) {}

  // `quote` numbers the quote these lines are in; outside of one, lines that begin with ">" open the next.
  void run(const Lines& lines, std::uint32_t quote) {
    for (std::size_t i = 0; i < lines.size();) {
      if (const Fence fence = fence_of(lines[i]); fence.mark) {
        i = code(lines, i, fence, quote);
      } else if (quote == 0 && quoted(lines[i])) {
        Lines inner;
        for (; i < lines.size() && quoted(lines[i]); ++i) inner.push_back(unquote(lines[i]));
        open_ = kNone;
        run(inner, ++quotes_);
        open_ = kNone;
      } else {
        line(lines[i++], quote);
      }
    }
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  Block& push(Block::Kind kind, std::uint32_t quote) {
    out_.push_back({kind, false, quote, {}, {}});
    return out_.back();
  }

  std::size_t code(const Lines& lines, std::size_t i, const Fence& fence, std::uint32_t quote) {
    Block& block = push(Block::Kind::code, quote);
    block.info = fence.info;
    open_ = kNone;
    for (++i; i < lines.size(); ++i) {
      const Fence end = fence_of(lines[i]);
      if (end.mark == fence.mark && end.length >= fence.length && end.info.empty()) return i + 1;
      block.text += lines[i].substr(std::min(fence.indent, indent_of(lines[i])));
      block.text += '\n';
    }
    return i;
  }

  void line(std::string_view text, std::uint32_t quote) {
    if (blank(text)) {
      gap_ = true;
      return;
    }
    const bool follows = open_ != kNone && !gap_;
    gap_ = false;
    const Marker m = marker_of(text);
    const bool in_list = open_ != kNone && out_[open_].kind != Block::Kind::paragraph;
    if (m.found && (!follows || in_list || !m.ordered || m.number == "1")) return item(m, in_list, quote);
    const bool continues = follows && (!in_list || indent_of(text) >= 2);
    if (!continues) push(Block::Kind::paragraph, quote), open_ = out_.size() - 1;
    std::string& body = out_[open_].text;
    if (continues) body += '\n';
    body += trim(text);
  }

  void item(const Marker& m, bool in_list, std::uint32_t quote) {
    const auto kind = m.ordered ? Block::Kind::ordered_item : Block::Kind::bullet_item;
    const bool first = !in_list || out_[open_].kind != kind;
    Block& block = push(kind, quote);
    block.first = first;
    block.text = m.text;
    if (first) block.info = m.number;
    open_ = out_.size() - 1;
  }

  std::vector<Block>& out_;
  std::size_t open_ = kNone;  // the paragraph or item that the next line may continue
  bool gap_ = false;          // a blank line came since
  std::uint32_t quotes_ = 0;
};

}  // namespace

std::vector<Block> split_blocks(std::string_view body) {
  std::vector<Block> blocks;
  Splitter(blocks).run(split_lines(body), 0);
  return blocks;
}

std::vector<CodeSpan> find_code_spans(std::string_view text) {
  std::vector<std::pair<std::size_t, std::size_t>> runs;  // length, begin: sorted, the next run of a length is one search away
  for (std::size_t at = 0; (at = text.find('`', at)) != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_not_of('`', at), text.size());
    runs.emplace_back(end - at, at);
    at = end;
  }
  std::sort(runs.begin(), runs.end());
  std::vector<CodeSpan> spans;
  for (std::size_t at = 0; (at = text.find_first_of("`\\", at)) != std::string_view::npos;) {
    if (text[at] == '\\') {  // an escaped backtick opens nothing
      at = std::min(at + 2, text.size());
      continue;
    }
    const std::size_t end = std::min(text.find_first_not_of('`', at), text.size()), ticks = end - at;
    const auto close = std::lower_bound(runs.begin(), runs.end(), std::pair(ticks, end));
    const bool closed = close != runs.end() && close->first == ticks;
    if (closed) spans.push_back({at, close->second + ticks, ticks});
    at = closed ? close->second + ticks : end;
  }
  return spans;
}

}  // namespace fechatter::text
