#include <boost/json/basic_parser_impl.hpp>
#include "sdk/describe/json.hpp"
#include "sdk/describe/json_reader.hpp"
#include "sdk/describe/text.hpp"

namespace fechatter {
namespace {
namespace bj = boost::json;

// The parser's events to the reader's. A token may come in parts.
struct Tokens {
  static constexpr std::size_t max_object_size = 4096, max_array_size = 100000, max_key_size = 1024, max_string_size = 1 << 20;
  using Ec = bj::error_code;
  JsonReader& r;
  std::string part;
  explicit Tokens(JsonReader& reader) : r(reader) {}
  bool to(bool ok, Ec& ec) {
    part.clear();
    if (!ok) ec = bj::error::syntax;
    return ok;
  }
  bool keep(bj::string_view v) { return part.append(v.data(), v.size()), true; }
  std::string_view whole(bj::string_view v) {
    if (part.empty()) return {v.data(), v.size()};
    return keep(v), part;
  }
  bool on_document_begin(Ec&) { return true; }
  bool on_document_end(Ec&) { return true; }
  bool on_object_begin(Ec& e) { return to(r.open(Kind::record, '{'), e); }
  bool on_object_end(std::size_t, Ec& e) { return to(r.close('}'), e); }
  bool on_array_begin(Ec& e) { return to(r.open(Kind::list, '['), e); }
  bool on_array_end(std::size_t, Ec& e) { return to(r.close(']'), e); }
  bool on_key_part(bj::string_view v, std::size_t, Ec&) { return keep(v); }
  bool on_key(bj::string_view v, std::size_t, Ec& e) { return to(r.key(whole(v)), e); }
  bool on_string_part(bj::string_view v, std::size_t, Ec&) { return keep(v); }
  bool on_string(bj::string_view v, std::size_t, Ec& e) { return to(r.string(whole(v)), e); }
  bool on_number_part(bj::string_view v, Ec&) { return keep(v); }
  bool on_int64(std::int64_t n, bj::string_view v, Ec& e) { return to(r.number(n, whole(v)), e); }
  bool on_uint64(std::uint64_t n, bj::string_view v, Ec& e) { return to(r.other_number(static_cast<double>(n), whole(v)), e); }  // beyond int64
  bool on_double(double n, bj::string_view v, Ec& e) { return to(r.other_number(n, whole(v)), e); }
  bool on_bool(bool v, Ec& e) { return to(r.boolean(v), e); }
  bool on_null(Ec& e) { return to(r.null(), e); }
  bool on_comment_part(bj::string_view, Ec&) { return true; }
  bool on_comment(bj::string_view, Ec&) { return true; }
};
}  // namespace

std::optional<ReadError> read_json(std::string_view text, const Type& type, void* out, Reading how, std::uint64_t preset) {
  JsonReader reader(type, out, how, preset);
  bj::parse_options options;
  options.max_depth = kMaxDepth + 2;  // the reader refuses first, with a path
  bj::basic_parser<Tokens> parser(options, reader);
  bj::error_code ec;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && used == text.size()) return std::nullopt;
  if (reader.error.message.empty() && !valid_utf8(text)) reader.fail("is not valid UTF-8");
  if (!reader.error.message.empty()) return std::move(reader.error);
  return ReadError{"", "not valid JSON at byte " + std::to_string(used)};
}

}  // namespace fechatter
