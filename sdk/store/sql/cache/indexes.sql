-- Beside the row tables, which come from their descriptions. What stands in the text index, and under which id (the newest message has the
-- lowest): sdk/client/search/held_index.hpp; it has folded words, hence the plain tokenizer, and no copy of the texts.
create virtual table messages_text using fts5(text, content='', columnsize=0, tokenize='ascii');
insert into messages_text(messages_text, rank) values('usermerge', 2);
create index users_by_name on users(lower(name));
create index chats_by_name on chats(lower(name));
create index chat_sync_by_peer on chat_sync(peer_id) where peer_id is not null;
create index messages_by_seq on messages(chat_id, seq);
create index chats_by_last on chats(last_at desc, id);
create index chat_sync_behind on chat_sync(chat_id) where known_rev > applied_rev;
create index chat_sync_recount on chat_sync(chat_id) where mentions < 0;
create index coverage_stale on coverage(chat_id) where stale_rev > 0;
create index mentions_by_user on mentions(chat_id, user_id, seq);
create index reactions_by_chat on reactions(chat_id);
