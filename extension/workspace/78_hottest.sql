-- The leads with the highest scores at a moment, without scoring all.
-- SECURITY DEFINER: for those who may see all leads, without a right on tables.
CREATE OR REPLACE FUNCTION hottest(n integer DEFAULT 20, filter text DEFAULT NULL, as_of timestamptz DEFAULT now())
RETURNS TABLE (lead_id bigint, score integer, fit integer, behaviour_1 integer, behaviour_2 integer,
               behaviour_3 integer, behaviour_4 integer)
LANGUAGE SQL STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT h.* FROM leadcrm.hottest('lead'::regclass, n, filter, as_of) h WHERE (SELECT sees_all());
END;
