-- The log: dense positions in commit order, never deleted. An emptied payload belongs to a deleted message.
create table log(
  position integer primary key, stream_kind integer not null, stream blob not null, rev integer not null, seq integer not null,
  type text not null, actor blob not null, command_id blob not null, ord integer not null, subject blob, at integer not null,
  payload text not null) strict;
create unique index log_stream_rev on log(stream, rev) where rev > 0;
create index log_subject on log(subject) where subject is not null;
create table log_epoch(one integer primary key check(one = 1), epoch blob not null) strict;
-- Reads that are not by key.
create unique index messages_chat_seq on messages(chat_id, seq);
create index messages_chat_rev on messages(chat_id, rev);
create virtual table messages_text using fts5(text, tokenize='ascii');
create index members_user on members(user_id, chat_id);
create index mentions_user on mentions(user_id, chat_id, seq);
create index workspace_members_user on workspace_members(user_id, workspace_id);
create index sessions_user on sessions(user_id);
create index chats_workspace on chats(workspace_id);
