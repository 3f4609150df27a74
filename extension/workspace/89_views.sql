
-- part: views

