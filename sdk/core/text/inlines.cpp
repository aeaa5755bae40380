// Two passes. The first finds code, escapes and links from left to right and collects runs of * and ~; delimiters() pairs those as
// CommonMark does, remembering per kind of closer how far back no opener was found, which keeps it linear. The second builds the tree
// from the marks in order of their place.
#include "sdk/core/text/inlines.hpp"

#include <algorithm>
#include <cstring>

#include "sdk/core/text/blocks.hpp"
#include "sdk/core/text/delimiters.hpp"
#include "sdk/core/text/urls.hpp"
#include "sdk/core/text/utf8.hpp"

namespace fechatter::text {
namespace {

bool escapable(char c) { return c > ' ' && c < 0x7F && !is_word(static_cast<char32_t>(c)); }

void add_text(std::vector<Node>& out, std::string_view text) {
  if (text.empty()) return;
  if (out.empty() || out.back().kind != Node::Kind::text) out.push_back({Node::Kind::text});
  out.back().text += text;
}

// A code span of several words may begin and end with a space, so that it can hold backticks.
std::string code_text(std::string_view inner) {
  const bool padded = inner.size() > 2 && inner.front() == ' ' && inner.back() == ' ' && inner.find_first_not_of(' ') != inner.npos;
  std::string code(padded ? inner.substr(1, inner.size() - 2) : inner);
  std::replace(code.begin(), code.end(), '\n', ' ');
  return code;
}

class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text), codes_(find_code_spans(text)) {}

  std::vector<Mark> run() {
    for (std::size_t at = 0; at < text_.size();) at = step(at);
    delimiters_.pair(0, marks_);
    std::sort(marks_.begin(), marks_.end(), [](const Mark& a, const Mark& b) { return a.begin < b.begin; });
    return std::move(marks_);
  }

 private:
  struct Bracket {
    std::size_t at, delimiters;
  };

  std::size_t step(std::size_t at) {
    const char c = text_[at];
    if (c == '`') return code(at);
    if (c == '\\') return escape(at);
    if (c == '*' || c == '~') return delimiters_.add(text_, at);
    if (c == '\n') return leaf(Mark::Kind::line_break, at, at + 1, {});
    if (c == '[') brackets_.push_back({at, delimiters_.size()});
    if (c == ']') return close_bracket(at);
    if (c == 'h' || c == 'H')
      if (const std::size_t end = bare_url(text_, at)) return leaf(Mark::Kind::url, at, end, std::string(text_.substr(at, end - at)));
    return at + 1;
  }

  std::size_t leaf(Mark::Kind kind, std::size_t begin, std::size_t end, std::string text) {
    marks_.push_back({kind, begin, end, end, std::move(text)});
    return end;
  }

  std::size_t code(std::size_t at) {
    while (code_ < codes_.size() && codes_[code_].begin < at) ++code_;
    if (code_ == codes_.size() || codes_[code_].begin != at) return std::min(text_.find_first_not_of('`', at), text_.size());
    const CodeSpan& span = codes_[code_++];
    const std::size_t begin = span.begin + span.ticks, size = span.end - span.ticks - begin;
    return leaf(Mark::Kind::code, span.begin, span.end, code_text(text_.substr(begin, size)));
  }

  std::size_t escape(std::size_t at) {
    if (at + 1 == text_.size()) return at + 1;
    if (text_[at + 1] == '\n') return leaf(Mark::Kind::literal, at, at + 1, {});
    return escapable(text_[at + 1]) ? leaf(Mark::Kind::literal, at, at + 2, std::string(1, text_[at + 1])) : at + 1;
  }

  // "](url)" behind an open "[" makes a link; no link holds another, so the brackets before are forgotten.
  std::size_t close_bracket(std::size_t at) {
    if (brackets_.empty()) return at + 1;
    const Bracket open = brackets_.back();
    brackets_.pop_back();
    const std::size_t end = link_target(text_, at + 1);
    if (end == 0 || open.at + 1 == at) return at + 1;
    delimiters_.pair(open.delimiters, marks_);
    brackets_.clear();
    marks_.push_back({Mark::Kind::link, open.at, open.at + 1, at, std::string(text_.substr(at + 2, end - at - 3))});
    marks_.push_back({Mark::Kind::end, at, end, open.at, {}});
    return end;
  }

  std::string_view text_;
  std::vector<CodeSpan> codes_;
  std::size_t code_ = 0;
  Delimiters delimiters_;
  std::vector<Bracket> brackets_;
  std::vector<Mark> marks_;
};

class Build {
 public:
  Build(std::string_view text, std::size_t depth) : text_(text), depth_(depth) { levels_.push_back({}); }

  std::vector<Node> run(const std::vector<Mark>& marks) {
    std::size_t at = 0;
    for (const Mark& m : marks) {
      add_text(levels_.back().children, text_.substr(at, m.begin - at));
      take(m);
      at = m.end;
    }
    add_text(levels_.back().children, text_.substr(at));
    return std::move(levels_.front().children);
  }

 private:
  void take(const Mark& m) {
    auto& out = levels_.back().children;
    const std::string_view source = text_.substr(m.begin, m.end - m.begin);
    switch (m.kind) {
      case Mark::Kind::literal: return add_text(out, m.text);
      case Mark::Kind::line_break: return out.push_back({Node::Kind::line_break}), void();
      case Mark::Kind::code: return out.push_back({Node::Kind::code, m.text}), void();
      case Mark::Kind::url: return url(m);
      case Mark::Kind::emphasis: return open({Node::Kind::emphasis}, source);
      case Mark::Kind::strong: return open({Node::Kind::strong}, source);
      case Mark::Kind::strike: return open({Node::Kind::strike}, source);
      case Mark::Kind::link: return open({Node::Kind::link, {}, m.text}, source);
      case Mark::Kind::end: return close(source);
    }
  }

  // Text is one level below what is opened here.
  void open(Node node, std::string_view source) {
    if (skipped_ > 0 || levels_.size() >= depth_) {
      ++skipped_;
      return add_text(levels_.back().children, source);
    }
    links_ += node.kind == Node::Kind::link;
    levels_.push_back(std::move(node));
  }
  void close(std::string_view source) {
    if (skipped_ > 0) {
      --skipped_;
      return add_text(levels_.back().children, source);
    }
    Node done = std::move(levels_.back());
    levels_.pop_back();
    links_ -= done.kind == Node::Kind::link;
    levels_.back().children.push_back(std::move(done));
  }
  void url(const Mark& m) {
    if (links_ > 0 || levels_.size() >= depth_) return add_text(levels_.back().children, m.text);
    levels_.back().children.push_back({Node::Kind::link, {}, m.text, {{Node::Kind::text, m.text}}});
  }

  std::string_view text_;
  std::size_t depth_, skipped_ = 0;
  int links_ = 0;
  std::vector<Node> levels_;  // the open nodes, outermost first
};

}  // namespace

std::vector<Node> parse_inlines(std::string_view text, std::size_t depth) { return Build(text, depth).run(Scan(text).run()); }

}  // namespace fechatter::text
