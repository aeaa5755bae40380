-- Beside the row tables, which come from their descriptions. The text index has folded words (see index_text), hence the plain tokenizer.
create virtual table messages_text using fts5(text, tokenize='ascii');
create index messages_by_seq on messages(chat_id, seq);
create index chats_by_last on chats(last_at desc, id);
create index chat_sync_behind on chat_sync(chat_id) where known_rev > applied_rev;
create index coverage_stale on coverage(chat_id) where stale_rev > 0;
create index mentions_by_user on mentions(chat_id, user_id, seq);
create index reactions_by_chat on reactions(chat_id);
