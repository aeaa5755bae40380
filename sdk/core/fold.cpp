#include "sdk/core/fold.hpp"
#include "sdk/core/access.hpp"
#include "sdk/core/hash.hpp"
#include "sdk/core/reactions/reactions.hpp"

namespace fechatter {
namespace {
// Of what the caller sent. The internal fields are the service's, and made anew for each attempt.
std::string fingerprint(const Submission& s) {
  std::string text(s.entry->type->name);
  for (const Field& f : s.entry->type->fields) {
    if (f.rules.internal) continue;
    text += '\n';
    write_json(*f.type, static_cast<const char*>(s.command.get()) + f.offset, text);
  }
  return sha256_hex(text);
}
}  // namespace

void Fold::load(std::span<const Submission> batch) {
  for (WorkingSet* loaded : {static_cast<WorkingSet*>(nullptr), &set_}) {
    Keys keys;
    for (const Submission& s : batch) {
      access_needs(keys, s.entry->permission, *s.entry->type, s.command.get(), s.context, loaded);
      if (s.context.keyed && !s.entry->creates) need<CommandRow>(keys, s.context.actor, s.context.command_id);
      s.entry->needs(keys, s.command.get(), s.context, loaded);
    }
    set_.load(keys);
  }
}

Outcome Fold::execute(const Submission& s) {
  const CommandEntry& entry = *s.entry;
  const void* command = s.command.get();
  const bool remember = s.context.keyed && !entry.creates;
  if (remember)
    if (const auto* before = set_.find<CommandRow>(s.context.actor, s.context.command_id)) return replay(s, *before);
  Outcome out{{}, entry.route.status, {}};
  Effects effects;
  Existing existing = entry.creates ? entry.existing(set_, command, s.context) : Existing{};
  if (auto* error = std::get_if<Error>(&existing)) return {std::move(*error), 0, {}};
  if (auto* found = std::get_if<Effects>(&existing)) {
    effects = std::move(*found);
  } else {
    if (auto refused = authorise(set_, entry.permission, *entry.type, command, s.context)) return {std::move(*refused), 0, {}};
    Decision decision = entry.decide(set_, command, s.context);
    if (!decision) return {decision.error(), 0, {}};
    effects = std::move(*decision);
  }
  const std::int64_t rev = effects.events.empty() ? 0 : effects.events.front().rev;
  take(s, std::move(effects));
  if (entry.answer) entry.answer(set_, command, s.context, out.answer);
  out.ask = !entry.answer_call.empty();
  if (remember) {
    const auto kept = entry.kept ? entry.kept(set_, command, s.context) : out.answer;
    set_.put(CommandRow{s.context.actor, s.context.command_id, fingerprint(s), rev, s.context.now, kept});
  }
  return out;
}

Outcome Fold::replay(const Submission& s, const CommandRow& before) {
  if (before.fingerprint != fingerprint(s)) return {Error{Code::conflict, "this idempotency key was used for another change", {}}, 0, {}};
  if (!s.entry->kept) return {{}, s.entry->route.status, before.answer};
  Outcome out{{}, s.entry->route.status, {}};
  Context x = s.context;
  x.replay = &before;
  s.entry->answer(set_, s.command.get(), x, out.answer);
  return out;
}

// What the store does to earlier batches, done to the open one. Reactions hold nothing of the text, and there may be any number of them.
void Fold::redact(const AnyId& subject) {
  for (Event& e : events_)
    if (e.subject == subject && !e.body.as<ReactionAdded>() && !e.body.as<ReactionRemoved>()) e.body.value = nullptr;
}

void Fold::take(const Submission& s, Effects&& effects) {
  std::int32_t ord = 0;
  for (Event& e : effects.events) {
    e.pos = {-static_cast<std::int64_t>(events_.size()) - 1};
    e.actor = s.context.actor, e.command_id = s.context.command_id, e.ord = ord++;
    if (e.at == Time{}) e.at = s.context.now;
    const std::size_t before = set_.redactions().size();
    apply(set_, e);
    if (set_.redactions().size() > before) redact(set_.redactions().back());
    events_.push_back(std::move(e));
  }
  for (PrivateRow& r : effects.rows) set_.put_row(*r.type, std::move(r.row));
}

}  // namespace fechatter
