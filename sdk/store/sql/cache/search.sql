-- Held messages, newest first, read as far as somebody steps. ?1 match expression, ?2 and ?3 the lowest and the highest place.
select t.rowid as place, m.chat_id as chat, m.seq as at, m.*
from messages_text t cross join messages m on m.rowid = t.rowid & 0x3fffffff
where t.messages_text match ?1 and t.rowid between ?2 and ?3
order by t.rowid desc
