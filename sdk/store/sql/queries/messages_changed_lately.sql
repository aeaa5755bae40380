-- What changed in a range, where less has changed in the chat than is in the range. ?1 chat, ?2 rev, ?3 lo, ?4 hi, ?5 limit.
select m.* from (
  select rowid as r from messages indexed by messages_chat_rev where chat_id = ?1 and rev > ?2 and seq between ?3 and ?4 order by seq limit ?5) c
cross join messages m on m.rowid = c.r order by m.seq
