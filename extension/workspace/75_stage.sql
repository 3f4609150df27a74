-- Moving a lead from stage to stage.  What is legal the trigger on lead
-- decides; here it is decided who may.

-- Does the acting role write leads, whoever owns them?
CREATE OR REPLACE FUNCTION _writes_leads() RETURNS boolean
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT sees_all()
        OR EXISTS (SELECT FROM access a JOIN pg_roles r ON r.rolname = a.role
                    WHERE a.kind = 'writer' AND pg_has_role(leadcrm.acting_role(), r.oid, 'USAGE'));
END;

-- Lock a lead that the acting role may write: as one who writes leads, as its
-- owner or as his manager.  Of any other he does not learn whether it is there.
CREATE OR REPLACE FUNCTION _lock_writable(lead_id bigint) RETURNS lead
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    found_lead lead;
BEGIN
    SELECT l.* INTO found_lead FROM lead l
     WHERE l.id = living_lead(lead_id)
       AND (_writes_leads() OR l.owner = ANY (my_reps()))
       FOR NO KEY UPDATE;
    IF NOT FOUND AND _writes_leads() THEN
        RAISE undefined_object USING MESSAGE = format('there is no lead %s', coalesce(lead_id::text, 'NULL'));
    ELSIF NOT FOUND THEN
        RAISE insufficient_privilege USING MESSAGE = format('lead %s is not yours', coalesce(lead_id::text, 'NULL'));
    END IF;
    RETURN found_lead;
END
$$;

CREATE OR REPLACE FUNCTION _move_stage(lead_id bigint, stage text, reason text, note text, competitor text, amount numeric,
                                       home regclass) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    moved bigint;
BEGIN
    PERFORM leadcrm.at_home(home);
    IF stage IS NULL AND reason IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = 'name the stage that the lead goes to';
    END IF;
    moved := (_lock_writable(lead_id)).id;
    PERFORM leadcrm.move_stage('lead', moved, stage, reason, note, competitor, amount);
    RETURN (SELECT l.stage FROM lead l WHERE l.id = moved);
END
$$;

-- Move a lead; for its owner, for his managers, and for who writes leads.
-- Returns where it is.  Lost needs a reason of loss_reason; with a reason and no
-- stage it goes to the lost stage of its process.
CREATE OR REPLACE FUNCTION move_stage(lead_id bigint, stage text, reason text DEFAULT NULL, note text DEFAULT NULL,
                                      competitor text DEFAULT NULL, amount numeric DEFAULT NULL) RETURNS text
LANGUAGE SQL VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT _move_stage($1, $2, $3, $4, $5, $6, 'lead'::regclass);
END;
