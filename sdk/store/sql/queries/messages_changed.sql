-- What changed in a range. ?1 chat, ?2 rev, ?3 lo, ?4 hi, ?5 limit.
select * from messages where chat_id = ?1 and seq between ?3 and ?4 and rev > ?2 order by seq limit ?5
