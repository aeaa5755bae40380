-- What changed in a range, where less is in the range than has changed in the chat. ?1 chat, ?2 rev, ?3 lo, ?4 hi, ?5 limit.
select * from messages indexed by messages_chat_seq where chat_id = ?1 and seq between ?3 and ?4 and rev > ?2 order by seq limit ?5
