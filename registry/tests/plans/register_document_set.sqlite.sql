UPDATE `patient`
  SET `version` = (`patient`.`version` + ?)
  WHERE (`patient`.`cx` = ?);
-- SEARCH patient USING INDEX sqlite_autoindex_patient_1 (cx=?)

SELECT `patient`.`patient_no`, `patient`.`next_seq`
  FROM `patient`
  WHERE ((`patient`.`cx` = ?) AND (`patient`.`surviving_no` = `patient`.`patient_no`));
-- SEARCH patient USING INDEX sqlite_autoindex_patient_1 (cx=?)

SELECT `object`.`object_key`, `object`.`kind`, `object`.`status`, `moved`.`patient_no`
  FROM (`object` LEFT OUTER JOIN `moved` ON (`moved`.`object_key` = `object`.`object_key`))
  WHERE (`object`.`uuid` = ?);
-- SEARCH object USING INDEX object_uuid (uuid=?)
-- SEARCH moved USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN

SELECT `object`.`kind`, `object`.`hash`, `object`.`size`
  FROM `object`
  WHERE (`object`.`unique_id` = ?)
  ORDER BY `object`.`object_key` ASC;
-- SEARCH object USING INDEX object_unique_id (unique_id=?)

SELECT `patient`.`surviving_no`
  FROM `patient`
  WHERE (`patient`.`patient_no` = ?);
-- SEARCH patient USING INTEGER PRIMARY KEY (rowid=?)

SELECT `code`.`code_no`
  FROM `code`
  WHERE ((((`code`.`attribute` = ?) AND (`code`.`code` = ?)) AND (`code`.`scheme` = ?)) AND (`code`.`display` = ?));
-- SEARCH code USING COVERING INDEX code_value (attribute=? AND code=? AND scheme=? AND display=?)

SELECT max(`code`.`code_no`)
  FROM `code`;
-- SEARCH code

INSERT INTO `code` (`code_no`, `attribute`, `code`, `scheme`, `display`)
  VALUES (?, ?, ?, ?, ?);

INSERT INTO `object` (`object_key`, `kind`, `status`, `uuid`, `unique_id`, `record`)
  VALUES (?, ?, ?, ?, ?, ?);

INSERT INTO `object` (`object_key`, `kind`, `status`, `uuid`, `unique_id`, `hash`, `size`, `record`)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?);

INSERT INTO `object` (`object_key`, `kind`, `status`, `uuid`, `association_type`, `source`, `target`, `record`)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?);

INSERT INTO `object_code` (`code_no`, `object_key`)
  VALUES (?, ?);

INSERT INTO `object_reference` (`reference_id`, `object_key`)
  VALUES (?, ?);

UPDATE `object`
  SET `status` = ?
  WHERE ((`object`.`object_key` = ?) AND (`object`.`status` = ?));
-- SEARCH object USING INTEGER PRIMARY KEY (rowid=?)

SELECT `object`.`source`, `object`.`association_type`, `moved`.`patient_no`, `moved`.`other_no`, `moved`.`source_patient_id`
  FROM (`object` LEFT OUTER JOIN `moved` ON (`moved`.`object_key` = `object`.`object_key`))
  WHERE (`object`.`target` = ?)
  ORDER BY `object`.`object_key` ASC;
-- SEARCH object USING INDEX object_target (target=?)
-- SEARCH moved USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN

UPDATE `object`
  SET `last_update_time` = ?
  WHERE (`object`.`object_key` = ?);
-- SEARCH object USING INTEGER PRIMARY KEY (rowid=?)

UPDATE `patient`
  SET `next_seq` = ?
  WHERE (`patient`.`patient_no` = ?);
-- SEARCH patient USING INTEGER PRIMARY KEY (rowid=?)

SELECT `link_change`.`change_no`, `link_change`.`local_id`
  FROM `link_change`
  WHERE (`link_change`.`subsumed_id` = ?)
  ORDER BY `link_change`.`change_no` DESC
  LIMIT ?;
-- SEARCH link_change USING INDEX link_change_subsumed (subsumed_id=?)

SELECT `link_change`.`subsumed_id`
  FROM `link_change`
  WHERE (`link_change`.`local_id` = ?);
-- SEARCH link_change USING INDEX link_change_local (local_id=?)

SELECT `link_change`.`change_no`, `link_change`.`previous_no`, `link_change`.`new_no`
  FROM `link_change`
  WHERE (`link_change`.`local_id` = ?);
-- SEARCH link_change USING INDEX link_change_local (local_id=?)
