-- Places in the index of held messages, newest first, read as far as somebody steps, and whether each is unread. ?1 match expression,
-- ?2 and ?3 the lowest and the highest place, ?4 whose read marks count, null: nobody asks. Most candidates of is:unread are read: nothing
-- more of them is looked at.
select t.rowid,
  case when ?4 is not null then (
    select m.seq > coalesce((select r.read_seq from read_marks r where r.user_id = ?4 and r.chat_id = m.chat_id), 0)
    from messages m where m.rowid = t.rowid & 0x3fffffff) end
from messages_text t
where t.messages_text match ?1 and t.rowid between ?2 and ?3
order by t.rowid
