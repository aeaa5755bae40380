#include "sdk/service/routes/router.hpp"
#include "sdk/core/accounts/accounts.hpp"

namespace fechatter {
namespace {
std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const auto end = std::min(path.find('/'), path.size());
    parts.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return parts;
}
bool is_parameter(std::string_view segment) { return segment.size() > 2 && segment.front() == '{'; }
std::string_view parameter(std::string_view segment) { return segment.substr(1, segment.size() - 2); }

std::optional<std::size_t> field_index(const Type& type, std::string_view wire) {
  for (std::size_t i = 0; i < type.fields.size(); ++i) {
    const Field& f = type.fields[i];
    if ((f.rules.as.empty() ? f.name : f.rules.as) == wire && !f.rules.internal) return i;
  }
  return std::nullopt;
}
int hex(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

std::optional<Error> read_page(const std::string& name, const std::string& text, Page& page) {
  if (name == "cursor") return page.cursor = text, std::nullopt;
  std::int64_t n = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || n > 100000) return Error{Code::invalid_argument, "must be a number from 1 to 200", "limit"};
    n = n * 10 + (c - '0');
  }
  if (n < 1 || n > 200 || text.empty()) return Error{Code::invalid_argument, "must be a number from 1 to 200", "limit"};
  page.limit = n;
  return std::nullopt;
}

Error twice(const std::string& name) { return {Code::invalid_argument, "is given twice", name}; }
std::optional<Error> read_query(const Type& type, bool list, const std::string& query, void* out, std::uint64_t& given, Page& page) {
  std::string of_page;
  for (const auto& [name, text] : parse_query_string(query)) {
    if (list && (name == "limit" || name == "cursor")) {
      if (of_page.find(name) != of_page.npos) return twice(name);
      of_page += name + ' ';
      if (auto error = read_page(name, text, page)) return error;
      continue;
    }
    const auto i = field_index(type, name);
    if (!i) return Error{Code::invalid_argument, "is not a known parameter", name};
    if (given >> *i & 1) return twice(name);
    std::string why;
    if (!read_scalar(text, type.fields[*i], out, why)) return Error{Code::invalid_argument, why, name};
    given |= 1ull << *i;
  }
  return std::nullopt;
}
}  // namespace

Router::Router() {
  for (const Feature* f : features()) {
    for (const CommandEntry& c : f->commands)
      if (!c.route.method.empty()) targets_.push_back({&c, nullptr});
    for (const CallEntry& c : f->calls) targets_.push_back({nullptr, &c});
  }
  for (const RouteTarget& t : targets_) entries_.push_back({split(t.route().path), t});
}

Result<RouteMatch> Router::match(std::string_view method, std::string_view path) const {
  bool other_method = false;
  if (path.substr(0, kApiPrefix.size()) != kApiPrefix) return Error{Code::not_found, "no such path", {}};
  const auto parts = split(path.substr(kApiPrefix.size()));
  for (const Entry& e : entries_) {
    if (e.segments.size() != parts.size()) continue;
    bool fits = true;
    for (std::size_t i = 0; fits && i < parts.size(); ++i) fits = is_parameter(e.segments[i]) ? !parts[i].empty() : e.segments[i] == parts[i];
    if (!fits) continue;
    if (e.target.route().method != method) {
      other_method = true;
      continue;
    }
    RouteMatch m{e.target, {}};
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (!is_parameter(e.segments[i])) continue;
      auto text = percent_decode(parts[i]);
      if (!text) return Error{Code::invalid_argument, "a broken percent escape", std::string(parameter(e.segments[i]))};
      m.path.emplace_back(parameter(e.segments[i]), std::move(*text));
    }
    return m;
  }
  if (other_method) return Error{Code::invalid_argument, "this path does not take " + std::string(method), "method"};
  return Error{Code::not_found, "no such path", {}};
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) return std::nullopt;
    out += static_cast<char>(hex(text[i + 1]) << 4 | hex(text[i + 2]));
    i += 2;
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> parse_query_string(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> list;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    std::string item(query.substr(0, end));
    query.remove_prefix(std::min(end + 1, query.size()));
    for (char& c : item)
      if (c == '+') c = ' ';
    if (item.empty()) continue;
    const auto eq = std::min(item.find('='), item.size());
    list.emplace_back(percent_decode(item.substr(0, eq)).value_or(""), percent_decode(item.substr(std::min(eq + 1, item.size()))).value_or("\xff"));
  }
  return list;
}

// Where no body is expected one may come, as long as it asks for nothing.
static std::optional<Error> refuse_fields(const std::string& body) {
  if (body.empty()) return std::nullopt;
  NoParams nothing;
  const auto error = read_json(body, nothing, Reading::strict);
  return error ? std::optional(Error{Code::invalid_argument, error->message, error->field}) : std::nullopt;
}

Result<std::shared_ptr<void>> read_arguments(const RouteMatch& m, const ApiRequest& request, Page& page) {
  const Type& type = m.target.params();
  auto out = type.make();
  std::uint64_t given = 0;
  for (const auto& [name, text] : m.path) {
    const auto i = field_index(type, name);
    std::string why;
    if (!i) return Error{Code::internal, "the route names no field: " + std::string(name), {}};
    // An id that cannot be one names nothing.
    if (!read_scalar(text, type.fields[*i], out.get(), why)) return Error{Code::invalid_argument, why, std::string(name)};
    given |= 1ull << *i;
  }
  const bool body = request.method != "GET" && request.method != "DELETE";
  const bool list = m.target.call && m.target.call->list;
  if (!body) {
    if (auto error = refuse_fields(request.body)) return *error;
    if (auto error = read_query(type, list, request.query, out.get(), given, page)) return *error;
    for (std::size_t i = 0; i < type.fields.size(); ++i) {
      const Field& f = type.fields[i];
      if (!(given >> i & 1) && f.type->kind != Kind::maybe && !f.rules.defaulted)
        return Error{Code::invalid_argument, "is missing", std::string(f.rules.as.empty() ? f.name : f.rules.as)};
    }
    return out;
  }
  if (const auto query = parse_query_string(request.query); !query.empty()) return Error{Code::invalid_argument, "is not a known parameter", query[0].first};
  const std::string_view text = request.body.empty() ? std::string_view("{}") : std::string_view(request.body);
  // What curl says of any body when nobody told it better is taken for JSON, too.
  const bool json =
      request.content_type.empty() || request.content_type.find("json") != std::string::npos || request.content_type == "application/x-www-form-urlencoded";
  if (!request.body.empty() && !json) return Error{Code::unsupported_media, "the body must be application/json", {}};
  if (auto error = read_json(text, type, out.get(), Reading::strict, given)) return Error{Code::invalid_argument, error->message, error->field};
  return out;
}

}  // namespace fechatter
