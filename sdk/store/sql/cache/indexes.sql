-- Beside the row tables, which come from their descriptions. The text index has folded words (see index_text), hence the plain tokenizer.
create virtual table messages_text using fts5(text, tokenize='ascii');
create index messages_by_seq on messages(chat_id, seq);
create index mentions_by_user on mentions(chat_id, user_id, seq);
create index reactions_by_chat on reactions(chat_id);
