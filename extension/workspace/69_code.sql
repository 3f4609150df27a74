
-- part: code

