-- ?1 chat, ?2 above this seq, ?3 visible_from, ?4 limit; oldest first.
select * from messages where chat_id = ?1 and seq > ?2 and seq >= ?3 order by seq limit ?4
