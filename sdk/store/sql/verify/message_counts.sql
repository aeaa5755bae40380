select 'chats: ' || lower(hex(c.id)) || ' says that its newest seq is ' || c.head_seq || ', and has ' || count(m.id) || ' messages up to ' || coalesce(max(m.seq), 0)
  from main.chats c left join main.messages m on m.chat_id = c.id group by c.id
  having c.head_seq <> count(m.id) or c.head_seq <> coalesce(max(m.seq), 0);
