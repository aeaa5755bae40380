#include "tests/unit/client/fake_world.hpp"
#include "sdk/client/client_impl.hpp"

namespace fechatter {
namespace {
std::string parameter(const std::string& query, const std::string& name) {
  const auto at = query.find(name + "=");
  if (at == query.npos) return {};
  const auto begin = at + name.size() + 1;
  return query.substr(begin, query.find('&', begin) - begin);
}
std::int64_t number(const std::string& query, const std::string& name, std::int64_t otherwise) {
  const auto text = parameter(query, name);
  return text.empty() ? otherwise : std::stoll(text);
}
}  // namespace

Cache& FakeWorld::cache() { return *client->impl().core->desk()->cache; }

HttpResponse FakeWorld::session() {
  SignedIn s;
  s.user = {me, "Me", "me@example.org", {}};
  s.session_id = made<SessionId>(9), s.access_token = "access-" + std::to_string(http.requests.size()), s.refresh_token = "refresh", s.expires_in = 900;
  return json(200, to_json(s));
}

HttpResponse FakeWorld::sync(const std::string& query) {
  SyncPage page;
  const auto given = decode_cursor(parameter(query, "cursor"));
  if (given && given->epoch.bytes[0] != epoch) return error(410, Code::reset);
  page.cursor = cursor(position);
  page.user = {me, "Me", "", {}};
  page.workspaces.push_back({space, "Town", WorkspaceRole::member, 2, 1, {}});
  if (exists && member) {
    SyncChat more{chat, false, !given, {}};
    if (given) {
      const std::int64_t behind = position - given->base;
      for (const EventView& e : events)
        if (e.rev > head_rev() - behind) more.events.push_back(e);
      if (more.events.size() > 50) more.events.clear(), more.limited = true;
    }
    std::string text = to_json(view()), tail = to_json(more);
    text.pop_back();
    page.chats.push_back({text + "," + tail.substr(tail.find("\"left\""))});
  } else if (given) {
    page.chats.push_back({"{\"id\":\"" + chat.str() + "\",\"left\":true}"});
  }
  return json(200, to_json(page));
}

HttpResponse FakeWorld::page(const std::string& query) {
  const auto head = static_cast<std::int64_t>(messages.size()), limit = number(query, "limit", 50);
  MessagePage p;
  p.as_of_rev = head_rev(), p.head_seq = head;
  if (const auto after = number(query, "after", -1); after >= 0) {
    p.lo = std::max(after + 1, visible_from), p.hi = std::min(head, after + limit);
  } else if (const auto since = number(query, "changed_since", -1); since >= 0) {
    p.lo = std::max(number(query, "lo", 1), visible_from), p.hi = std::min(head, number(query, "hi", head));
    for (std::int64_t s = p.lo; s <= p.hi; ++s)
      if (messages[static_cast<std::size_t>(s - 1)].rev > since) p.items.push_back(messages[static_cast<std::size_t>(s - 1)]);
    return json(200, to_json(p));
  } else if (const auto around = number(query, "around", -1); around >= 0) {
    p.lo = std::max<std::int64_t>(1, around - limit / 2), p.hi = std::min(head, around + limit / 2);
  } else {
    p.hi = std::min(head, number(query, "before", head + 1) - 1), p.lo = std::max({std::int64_t{1}, visible_from, p.hi - limit + 1});
  }
  for (std::int64_t s = p.lo; s <= p.hi; ++s) p.items.push_back(messages[static_cast<std::size_t>(s - 1)]);
  return json(200, to_json(p));
}

std::optional<HttpResponse> FakeWorld::serve(const HttpRequest& r) {
  if (!http.online) return std::nullopt;
  const auto url = r.url.substr(r.url.find("/api/v1") + 7);
  const auto path = url.substr(0, url.find('?')), query = url.substr(std::min(url.size(), path.size() + 1));
  if (first)
    if (auto answer = first(r, path)) return answer;
  if (path == "/login" || path == "/signup" || path == "/refresh") return session();
  if (expired > 0) return --expired, error(401, Code::unauthenticated);
  if (path == "/logout") return json(204, "");
  if (path == "/sync") return sync(query);
  const std::string at = "/chats/" + chat.str();
  if (path == "/workspaces/" + space.str() + "/members")
    return json(200,
                "{\"items\":[{\"user_id\":\"" + me.str() + "\",\"name\":\"Me\",\"role\":\"member\",\"rev\":1,\"profile_version\":1},{\"user_id\":\"" +
                    other.str() + "\",\"name\":\"Other\",\"role\":\"member\",\"rev\":1,\"profile_version\":1}],\"next\":null}");
  if (path == "/chats" && r.method == "POST") return json(201, to_json(view()));
  if (!member && path.compare(0, at.size(), at) == 0) return error(404, Code::not_found);
  if (path == at) return json(200, to_json(view()));
  if (path == at + "/messages" && r.method == "POST") {
    PostMessage c;
    if (read_json(r.body, c, Reading::tolerant)) return error(400, Code::invalid_argument);
    for (const MessageView& m : messages)
      if (m.id == c.id) return json(201, to_json(m));
    return json(201, to_json(post(c.body, me, true, c.id)));
  }
  if (path == at + "/messages") return page(query);
  if (path == at + "/events") {
    EventPage p;
    const auto after = number(query, "after_rev", 0);
    for (const EventView& e : events)
      if (e.rev > after && p.items.size() < 200) p.items.push_back(e);
    p.head_rev = head_rev();
    return json(200, to_json(p));
  }
  if (path == at + "/read") {
    MarkRead c;
    (void)read_json(r.body, c, Reading::tolerant);
    return read_seq = std::max(read_seq, c.seq), json(204, "");
  }
  if (path.compare(0, at.size(), at) == 0 && r.method == "PATCH") {
    EditMessage c;
    (void)read_json(r.body, c, Reading::tolerant);
    const auto id = MessageId::parse(path.substr(path.size() - 36));
    for (std::size_t i = 0; i < messages.size(); ++i)
      if (id && messages[i].id == *id) return edit(i, c.body), json(200, to_json(messages[i]));
    return error(404, Code::not_found);
  }
  if (path.compare(0, at.size(), at) == 0) return json(204, "");
  return json(200, "{}");
}

}  // namespace fechatter
